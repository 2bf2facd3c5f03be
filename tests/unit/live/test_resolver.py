"""dnspython against an authoritative server of our own on loopback (RFC 1035, 2308, 2782, 3403)."""

import asyncio
from collections.abc import Callable
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest
from tests.unit.live.authoritative import ZONE, Server, serving

from twopair.base import Endpoint, Port
from twopair.core.locate import (
    Address,
    Answer,
    Fault,
    Kind,
    Naptr,
    Place,
    Question,
    Resolve,
    Resolved,
    Srv,
    in_order,
    locate,
)
from twopair.core.locate.select import Ask
from twopair.live import resolver as ours
from twopair.live.resolver import Resolver


async def ask(at: Endpoint, *questions: Question) -> list[Answer]:
    """Answers in the order of the questions."""
    loop = asyncio.get_running_loop()
    came: dict[Question, asyncio.Future[Answer]] = {one: loop.create_future() for one in questions}

    def feed(event: Any) -> None:
        assert isinstance(event, Resolved)
        came[event.question].set_result(event.answer)

    asking = Resolver(feed, (at,))
    for question in questions:
        asking.ask(Resolve(question))
    answers = [await asyncio.wait_for(future, 10) for future in came.values()]
    asking.close()
    return answers


def asked_of(server: Server, *questions: Question) -> list[Answer]:
    async def run() -> list[Answer]:
        async with serving(server) as at:
            return await ask(at, *questions)

    return asyncio.run(run())


def one(server: Server, name: str, kind: Kind) -> Answer:
    return asked_of(server, Question(f"{name}.example.net", kind))[0]


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        (
            "icscf",
            Kind.NAPTR,
            Answer(
                (
                    Naptr(10, 10, "s", "SIP+D2U", "_sip._udp.icscf.example.net"),
                    Naptr(20, 10, "s", "SIPS+D2T", "_sips._tcp.icscf.example.net"),
                ),
                60,
            ),
        ),
        (
            "_sip._udp.icscf",
            Kind.SRV,
            Answer((Srv(10, 40, 5070, "two.example.net"), Srv(10, 60, 5060, "one.example.net")), 60),
        ),
        ("one", Kind.A, Answer((Address("10.20.0.11"), Address("10.20.0.12")), 5)),
        ("one", Kind.AAAA, Answer((Address("2001:db8::11"),), 60)),
        ("alias", Kind.A, Answer((Address("10.20.0.11"), Address("10.20.0.12")), 5)),
        ("alias", Kind.AAAA, Answer((Address("2001:db8::11"),), 20)),
        ("gone", Kind.SRV, Answer((Srv(0, 0, 0, ""),), 60)),
        ("nobody", Kind.A, Answer((), 30, Fault.NO_NAME)),
        ("two", Kind.AAAA, Answer((), 30, Fault.NO_DATA)),
        ("odd", Kind.NAPTR, Answer((), 60, Fault.NO_DATA)),
    ],
)
def test_every_kind_of_answer(name: str, kind: Kind, answer: Answer) -> None:
    """RFC 2308: an absent name holds as long as its SOA says; of aliases the shortest TTL counts."""
    found = one(Server(), name, kind)
    assert found._replace(records=tuple(sorted(found.records))) == answer


def test_from_the_name_to_the_servers() -> None:
    """RFC 3263 §4, the whole way over the wire."""

    async def run() -> tuple[list[str], list[str]]:
        server, known = Server(), dict[Question, Answer]()
        async with serving(server) as at:
            while isinstance(found := locate(Place("icscf.example.net"), known, (Kind.A,)), Ask):
                known |= zip(found.questions, await ask(at, *found.questions), strict=True)
        return server.asked, sorted(map(str, in_order(found.groups, lambda _below: 0)))

    asked, targets = asyncio.run(run())
    assert targets == ["udp 10.20.0.11:5060", "udp 10.20.0.12:5060", "udp 10.20.0.13:5070"]
    assert len(asked) == 4


def test_a_long_answer_comes_over_tcp() -> None:
    """RFC 1035 §4.2.1: truncated over UDP."""
    server = Server(ZONE + "".join(f"many A 10.30.1.{n}\n" for n in range(1, 100)))
    assert len(one(server, "many", Kind.A).records) == 100
    assert [line.split()[0] for line in server.asked] == ["udp", "tcp"]


def test_one_answer_that_is_lost() -> None:
    server = Server()
    server.silent = 1
    assert one(server, "two", Kind.A).records == (Address("10.20.0.13"),)


def test_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "LIFETIME_S", 0.3)
    server = Server()
    server.silent = 1000
    assert one(server, "two", Kind.A) == Answer((), ours.FAULTY_S, Fault.SILENT)


@pytest.mark.parametrize("code", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP])
def test_a_server_that_will_not(code: dns.rcode.Rcode) -> None:
    server = Server()
    server.rcode = code
    assert one(server, "two", Kind.A) == Answer((), ours.FAULTY_S, Fault.REFUSED)


def no_question(answer: dns.message.Message) -> None:
    answer.question.clear()


def circle(answer: dns.message.Message) -> None:
    answer.answer[:] = [
        dns.rrset.from_text("two.example.net.", 60, "IN", "CNAME", "x.example.net."),
        dns.rrset.from_text("x.example.net.", 60, "IN", "CNAME", "two.example.net."),
    ]


def of_another(answer: dns.message.Message) -> None:
    answer.answer[:] = [dns.rrset.from_text("evil.example.", 60, "IN", "A", "10.66.66.66")]


@pytest.mark.parametrize("change", [no_question, circle, of_another])
def test_lies(change: Callable[[dns.message.Message], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is taken for an address."""
    monkeypatch.setattr(ours, "LIFETIME_S", 0.3)
    server = Server()
    server.change = change
    found = one(server, "two", Kind.A)
    assert (found.records, found.fault is not None) == ((), True)


def test_no_server_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port where nobody listens."""
    monkeypatch.setattr(ours, "LIFETIME_S", 0.3)
    [found] = asyncio.run(ask(Endpoint("127.0.0.1", Port(9)), Question("two.example.net", Kind.A)))
    assert (found.records, found.fault in (Fault.SILENT, Fault.REFUSED)) == ((), True)
