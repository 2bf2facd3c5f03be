"""Batches, answers and errors of netlink (SA-01, ERR-24)."""

import errno

import pytest
from tests.unit.backends.kernel.wire import FakeSocket, ack, on

from twopair.backends.kernel.netlink import (
    HEADER,
    Batch,
    Netlink,
    Refused,
    attribute,
    attributes,
    batches,
    request,
    split,
)

REQUESTS = [request(0x10, bytes(n)) for n in (4, 5, 8)]
BATCH = Batch.of(REQUESTS)


def test_many_requests_travel_in_one_send() -> None:
    """Aligned to four octets; only the last asks for an answer in any case."""
    fake = FakeSocket()
    assert on(fake).ask(BATCH) == []
    (data,) = fake.sends
    assert [(kind, flags, number, len(body)) for kind, flags, number, body in split(data)] == [
        (0x10, 1, 1, 4),
        (0x10, 1, 2, 5),
        (0x10, 5, 3, 8),
    ]
    assert len(data) % 4 == 0


def test_every_refusal_is_read_wherever_it_comes() -> None:
    """A batch is not atomic: the kernel goes on after an error."""
    fake = FakeSocket(lambda _, body: errno.EEXIST if len(body) in (4, 8) else 0, "no such luck")
    refused = on(fake).ask(BATCH)
    assert [(r.place, r.code) for r in refused] == [(0, errno.EEXIST), (2, errno.EEXIST)]
    assert str(refused[0]) == "File exists: no such luck"
    assert not fake.answers


def test_a_batch_can_be_taken_apart() -> None:
    assert BATCH.requests() == REQUESTS
    assert Batch.of(BATCH.requests()[1:]).requests() == REQUESTS[1:]


def test_many_requests_are_several_batches() -> None:
    fake = FakeSocket(lambda _, body: errno.ESRCH if body else 0)
    many = [request(0x11, b"")] * 130 + [request(0x11, b"1234")]
    refused = [one for batch in batches(many) for one in on(fake).ask(batch)]
    assert [r.place for r in refused] == [130 - 2 * 64]
    assert len(fake.sends) == 3
    assert [one for batch in batches(many) for one in batch.requests()] == many


def test_what_is_told_is_answered_only_if_it_is_refused() -> None:
    """And nobody waits for that: it is heard later."""
    fake = FakeSocket(lambda _, body: errno.ESRCH if len(body) == 8 else 0)
    netlink = on(fake)
    netlink.tell(BATCH)
    assert [(kind, flags, len(body)) for kind, flags, _, body in split(fake.sends[0])] == [
        (0x10, 1, 4),
        (0x10, 1, 5),
        (0x10, 1, 8),
    ]
    assert [answer.kind for answer in netlink.heard()] == [2]
    assert netlink.heard() == []


def test_only_the_kernel_is_believed() -> None:
    """A datagram of another process, and an answer to a request of long ago, say nothing."""
    fake = FakeSocket(lambda _kind, _body: errno.EPERM)
    netlink = on(fake)
    fake.answers.append((ack(1), (4711, 0)))
    fake.answers.append((ack(77), (0, 0)))
    assert netlink.ask(Batch.of([request(0x10, b"")])) == [Refused(0, errno.EPERM, "")]


def test_words_follow_the_request_whole_or_capped() -> None:
    for whole in (None, request(0x10, bytes(8))):
        fake = FakeSocket(mute=True)
        fake.answers.append((ack(1, errno.EINVAL, "bad window", request=whole), (0, 0)))
        assert on(fake).ask(Batch.of([request(0x10, bytes(8))])) == [Refused(0, errno.EINVAL, "bad window")]


def test_numbers_begin_anew_before_they_run_out() -> None:
    fake = FakeSocket()
    netlink = on(fake)
    netlink._number = 2**32 - 3
    assert netlink.ask(BATCH) == []
    assert [number for _, _, number, _ in split(fake.sends[0])] == [1, 2, 3]


def test_dump_ends_with_done_or_an_error() -> None:
    fake = FakeSocket(mute=True)
    message = HEADER.pack(HEADER.size + 4, 0x10, 2, 1, 0) + b"body"
    done = HEADER.pack(HEADER.size + 4, 3, 2, 1, 0) + bytes(4)
    fake.answers.extend([(message + message, (0, 0)), (done, (0, 0)), (ack(2, errno.EPERM), (0, 0))])
    netlink = on(fake)
    assert [answer.body for answer in netlink.dump(0x12)] == [b"body"] * 2
    with pytest.raises(PermissionError):
        netlink.dump(0x12)


def test_attributes_that_are_cut_short_end_the_list() -> None:
    whole = attribute(1, b"a") + attribute(2, b"bcd")
    assert attributes(whole) == {1: b"a", 2: b"bcd"}
    assert attributes(whole[:-2]) == {1: b"a"}
    assert attributes(b"\x01\x00\x01\x00") == {}
    assert list(split(b"\x05\0\0\0")) == []
    assert list(split(HEADER.pack(400, 1, 0, 0, 0))) == []


def test_nothing_heard_is_nothing() -> None:
    fake = FakeSocket()
    assert on(fake).heard() == []

    def too_much(_size: int) -> tuple[bytes, tuple[int, int]]:
        raise OSError(errno.ENOBUFS, "")

    fake.recvfrom = too_much  # type: ignore[method-assign]
    assert on(fake).heard() == []


def test_a_protocol_that_is_not_there() -> None:
    with pytest.raises(OSError, match="rotocol not supported"):
        Netlink(31)
