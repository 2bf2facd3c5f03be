"""Many datagrams with one system call, and one by one where there is none: the same comes of both."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from socket import AF_INET, AF_INET6, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket
from time import monotonic

import pytest

from twopair.base import Endpoint, Port
from twopair.bursts import MOST, Bursts, Datagram, ManyAtOnce, OneByOne, bursts

LOOPBACK: dict[int, str] = {AF_INET: "127.0.0.1", AF_INET6: "::1"}
LONGEST: dict[int, int] = {AF_INET: 65_535 - 20 - 8, AF_INET6: 65_535 - 8}
"""Octets of a datagram: what is left of the length of an IP packet (RFC 791, RFC 768; RFC 8200)."""

WAYS: dict[str, Callable[[int], Bursts]] = {"many": ManyAtOnce, "one": lambda _family: OneByOne()}


class Pair:
    """A way to send and receive, and two sockets of loopback."""

    def __init__(self, way: Bursts, family: int) -> None:
        self.way = way
        self.family = family
        self.here, self.there = (self.bound() for _ in range(2))
        self.remote = end_of(self.there)

    def bound(self) -> socket:
        sock = socket(self.family, SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)
        sock.bind((LOOPBACK[self.family], 0))
        return sock

    def send(self, datagrams: list[Datagram]) -> None:
        sent = 0
        while sent < len(datagrams):
            sent += self.way.send(self.here, datagrams, sent)

    def receive(self, count: int, most: int = MOST) -> list[tuple[Endpoint, bytes]]:
        """The next `count`, at most `most` a call."""
        came: list[tuple[Endpoint, bytes]] = []
        until = monotonic() + 5
        while len(came) < count and monotonic() < until:
            some = self.way.receive(self.there, most)
            assert len(some) <= most
            came += [(self.way.peer(name), data) for name, data in some]
        return came

    def close(self) -> None:
        self.here.close()
        self.there.close()


def end_of(sock: socket) -> Endpoint:
    name = sock.getsockname()
    return Endpoint(name[0], Port(name[1]))


@pytest.fixture(params=[(way, family) for way in WAYS for family in LOOPBACK], ids=str)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    way, family = request.param
    made = Pair(WAYS[way](family), family)
    yield made
    made.close()


def test_here_the_calls_exist() -> None:
    assert isinstance(bursts(AF_INET), ManyAtOnce)
    assert isinstance(bursts(AF_INET6), ManyAtOnce)
    assert bursts(AF_INET) is bursts(AF_INET)


def test_without_the_calls_datagrams_go_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise OSError("no such call")

    monkeypatch.setattr("twopair.bursts.structures._calls", none)
    bursts.cache_clear()
    assert isinstance(bursts(AF_INET), OneByOne)
    bursts.cache_clear()


def test_a_burst_of_any_size_comes_whole_and_in_order(pair: Pair) -> None:
    for count in (1, 2, 3, MOST - 1, MOST, MOST + 1, 3 * MOST):
        texts = [b"%d of %d" % (number, count) * (number % 7) for number in range(count)]
        pair.send([(text, pair.remote) for text in texts])
        assert pair.receive(count) == [(end_of(pair.here), text) for text in texts]


def test_no_more_come_than_are_asked_for(pair: Pair) -> None:
    pair.send([(b"%d" % number, pair.remote) for number in range(10)])
    assert [data for _, data in pair.receive(10, most=3)] == [b"%d" % number for number in range(10)]


def test_each_datagram_goes_to_its_own_end_and_comes_from_its_own(pair: Pair) -> None:
    others = [pair.bound() for _ in range(20)]
    ends = [end_of(other) for other in others]
    for shift in range(3):  # what a row was used for before must not matter
        turned = ends[shift:] + ends[:shift]
        pair.send([(b"%d" % end.port, end) for end in turned])
        assert [int(other.recv(10)) for other in others] == [end.port for end in ends]
    for other in others:
        pair.way.send(other, [(b"back", pair.remote)])
    assert pair.receive(20) == [(end, b"back") for end in ends]
    for other in others:
        other.close()


def test_the_longest_datagrams_come_whole_between_short_ones(pair: Pair) -> None:
    longest = LONGEST[pair.family]
    sizes = [longest, 1, longest - 1, 0, 2048, longest, 2049, 1]
    texts = [bytes([number]) * size for number, size in enumerate(sizes)]
    for text in texts * 3:
        pair.send([(text, pair.remote)])
    assert [data for _, data in pair.receive(24)] == texts * 3
    pair.send([(text, pair.remote) for text in texts])
    assert [data for _, data in pair.receive(8)] == texts


@pytest.mark.parametrize("excess", [1, 100_000])
def test_one_that_is_too_long_stops_at_its_own_turn(pair: Pair, excess: int) -> None:
    """The call says how many left before it; asked for from there on, it says why."""
    too_long = bytes(LONGEST[pair.family] + excess)
    datagrams = [(text, pair.remote) for text in (b"a", b"b", b"c", too_long, b"d", b"e", b"f")]
    sent = 0
    while sent < 3:
        sent += pair.way.send(pair.here, datagrams, sent)
    assert sent == 3
    with pytest.raises(OSError, match="too long"):
        pair.way.send(pair.here, datagrams, 3)
    pair.send(datagrams[4:])
    assert [data for _, data in pair.receive(6)] == [b"a", b"b", b"c", b"d", b"e", b"f"]


def test_an_address_that_is_none_stops_at_its_own_turn(pair: Pair) -> None:
    """Of the other family, or no address at all."""
    wrong = Endpoint(LOOPBACK[AF_INET6 if pair.family == AF_INET else AF_INET], Port(9))
    datagrams = [(b"a", pair.remote), (b"b", pair.remote), (b"c", pair.remote), (b"x", wrong)]
    sent = 0
    while sent < 3:
        sent += pair.way.send(pair.here, datagrams, sent)
    with pytest.raises(OSError, match=r"not supported|family"):
        pair.way.send(pair.here, datagrams, 3)
    assert [data for _, data in pair.receive(3)] == [b"a", b"b", b"c"]


def test_nothing_waits(pair: Pair) -> None:
    with pytest.raises(BlockingIOError):
        pair.way.receive(pair.there, MOST)


def test_a_closed_socket_is_an_error(pair: Pair) -> None:
    pair.here.close()
    with pytest.raises(OSError, match="descriptor"):
        pair.way.receive(pair.here, MOST)
    with pytest.raises(OSError, match="descriptor"):
        pair.way.send(pair.here, [(b"x", pair.remote)] * 3)


def test_more_ends_than_are_remembered() -> None:
    way = ManyAtOnce(AF_INET)
    pair = Pair(way, AF_INET)
    for low, high in pairwise(range(0, 8_193, 64)):
        ends = [Endpoint(f"127.9.{n >> 8}.{n & 255}", Port(9)) for n in range(low, high)]
        assert way.send(pair.here, [(b"", end) for end in ends]) == len(ends)
    pair.send([(b"%d" % n, pair.remote) for n in range(5)])
    assert [data for _, data in pair.receive(5)] == [b"%d" % n for n in range(5)]
    pair.close()
