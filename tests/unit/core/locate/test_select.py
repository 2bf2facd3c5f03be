"""RFC 3263 §4.1 and §4.2, and RFC 2782, as tables."""

from collections import Counter
from collections.abc import Mapping
from random import Random

import pytest
from tests.unit.core.locate.zone import answer, zone

from twopair.base import Endpoint, Port, Transport, WireError
from twopair.core.locate import (
    Address,
    Answer,
    Ask,
    Fault,
    Group,
    Kind,
    Located,
    Place,
    Question,
    Srv,
    Target,
    hop_of,
    in_order,
    locate,
)

UDP, TCP = Transport.UDP, Transport.TCP
V4, BOTH = (Kind.A,), (Kind.A, Kind.AAAA)
ZONE = zone("""
    example.net NAPTR 10 20 s SIP+D2T _sip._tcp.example.net
    example.net NAPTR 10 10 s SIP+D2U _sip._udp.example.net
    example.net NAPTR 5 10 s SIPS+D2T _sips._tcp.example.net
    _sip._udp.example.net SRV 20 0 5070 two.example.net
    _sip._udp.example.net SRV 10 0 5060 one.example.net
    _sip._tcp.example.net SRV 10 0 5060 one.example.net
    one.example.net A 10.0.0.1
    one.example.net AAAA 2001:db8::1
    two.example.net A 10.0.0.2
    srv.example.net A 10.0.0.9
    _sip._tcp.srv.example.net SRV 0 0 5061 one.example.net
    direct.example.net NAPTR 1 1 a SIP+D2T two.example.net
    gone.example.net A 10.0.0.3
    _sip._udp.gone.example.net SRV 0 0 0 .
    secret.example.net NAPTR 1 1 s SIPS+D2T _sips._tcp.secret.example.net
    secret.example.net A 10.0.0.4
""")


def walk(
    place: Place, kinds: tuple[Kind, ...] = V4, there: Mapping[Question, Answer] = ZONE
) -> tuple[list[str], list[str], Located]:
    """Questions in their order, targets in theirs, and the outcome."""
    known: dict[Question, Answer] = {}
    asked: list[str] = []
    for _round in range(10):
        found = locate(place, known, kinds)
        if isinstance(found, Located):
            return asked, list(map(str, in_order(found.groups, lambda _below: 0))), found
        assert not set(found.questions) & set(known), "asked twice"
        asked += map(str, found.questions)
        known |= {question: answer(there, question) for question in found.questions}
    raise AssertionError("it never ends")


@pytest.mark.parametrize(
    ("place", "asked", "targets"),
    [
        (Place("10.0.0.7", 0, TCP), [], ["tcp 10.0.0.7:5060"]),
        (Place("2001:db8::7", 5070, UDP), [], ["udp [2001:db8::7]:5070"]),
        (Place("one.example.net", 5080), ["one.example.net A"], ["udp 10.0.0.1:5080"]),
        (Place("one.example.net", 5080, TCP), ["one.example.net A"], ["tcp 10.0.0.1:5080"]),
        (
            Place("srv.example.net", 0, TCP),
            ["_sip._tcp.srv.example.net SRV", "one.example.net A"],
            ["tcp 10.0.0.1:5061"],
        ),
        (
            Place("srv.example.net", 0, UDP),
            ["_sip._udp.srv.example.net SRV", "srv.example.net A"],
            ["udp 10.0.0.9:5060"],
        ),
        (
            Place("direct.example.net"),
            ["direct.example.net NAPTR", "two.example.net A"],
            ["tcp 10.0.0.2:5060"],
        ),
        (
            Place("srv.example.net"),
            [
                "srv.example.net NAPTR",
                "_sip._udp.srv.example.net SRV",
                "_sip._tcp.srv.example.net SRV",
                "one.example.net A",
            ],
            ["tcp 10.0.0.1:5061"],
        ),
        (
            Place("two.example.net"),
            [
                "two.example.net NAPTR",
                "_sip._udp.two.example.net SRV",
                "_sip._tcp.two.example.net SRV",
                "two.example.net A",
            ],
            ["udp 10.0.0.2:5060"],
        ),
    ],
    ids=str,
)
def test_cases_of_4_1_and_4_2(place: Place, asked: list[str], targets: list[str]) -> None:
    """PCS-06; RFC 3263 §4.1, §4.2: what the URI says decides what is asked."""
    assert walk(place)[:2] == (asked, targets)


def test_naptr_in_order_of_preference_and_what_we_do_not_have_left_out() -> None:
    """RFC 3263 §4.1: SIPS+D2T has the lowest order and is not for us; UDP is preferred to TCP."""
    _, targets, found = walk(Place("example.net"))
    assert targets == ["udp 10.0.0.1:5060", "udp 10.0.0.2:5070", "tcp 10.0.0.1:5060"]
    assert Question("_sips._tcp.example.net", Kind.SRV) not in found.used


def test_families_in_our_order() -> None:
    """RFC 3263 §4.2; the family of the first of core.addresses comes first."""
    assert walk(Place("one.example.net", 1), BOTH)[1] == ["udp 10.0.0.1:1", "udp [2001:db8::1]:1"]
    assert walk(Place("one.example.net", 1), BOTH[::-1])[1] == ["udp [2001:db8::1]:1", "udp 10.0.0.1:1"]
    assert walk(Place("one.example.net", 1), (Kind.AAAA,))[1] == ["udp [2001:db8::1]:1"]


def test_naptr_of_others_alone_is_none() -> None:
    _, targets, _ = walk(Place("secret.example.net"))
    assert targets == ["udp 10.0.0.4:5060"]


def test_a_service_that_is_not_there() -> None:
    """RFC 2782: the target is a dot; the addresses of the name are not asked for then."""
    asked, targets, found = walk(Place("gone.example.net", 0, UDP))
    assert (asked, targets, found.fault) == (["_sip._udp.gone.example.net SRV"], [], Fault.NO_SERVER)


@pytest.mark.parametrize("fault", [Fault.NO_NAME, Fault.NO_DATA, Fault.SILENT, Fault.REFUSED, Fault.GARBLED])
def test_the_fault_is_told(fault: Fault) -> None:
    known: dict[Question, Answer] = {}
    while isinstance(found := locate(Place("nowhere.example"), known, BOTH), Ask):
        known |= {question: Answer((), 1, fault) for question in found.questions}
    assert (found.groups, found.fault) == ((), fault)
    assert found.used == tuple(known)


def test_an_answer_may_be_as_long_as_it_likes() -> None:
    """Whoever answers does not decide how long we work."""
    many = tuple(Srv(0, 0, 5060, f"h{n}.example") for n in range(500))
    addresses = tuple(Address(f"10.0.{n // 250}.{n % 250 + 1}") for n in range(500))
    known: dict[Question, Answer] = {}
    rounds = 0
    while isinstance(found := locate(Place("much.example", 0, UDP), known, V4), Ask):
        rounds += 1
        assert len(found.questions) <= 16
        for question in found.questions:
            known[question] = Answer(many if question.kind is Kind.SRV else addresses, 60)
    assert rounds == 2
    assert sum(len(group.targets) for group in found.groups) == 16 * 8


def group(weight: int, number: int, rank: int = 0) -> Group:
    return Group(rank, weight, (Target(UDP, Endpoint(f"10.0.0.{number}", Port(5060))),))


def test_weights_are_shares() -> None:
    """RFC 2782: of 30, 60 and 10 of one priority the first choice falls so; a lower priority is first."""
    dice = Random(1)
    groups = [group(30, 1), group(60, 2), group(10, 3), group(100, 4, rank=1)]
    orders = [in_order(groups, dice.randrange) for _ in range(10_000)]
    first = Counter(order[0].endpoint.address for order in orders)
    assert {address: round(count / 1000) for address, count in first.items()} == {
        "10.0.0.1": 3,
        "10.0.0.2": 6,
        "10.0.0.3": 1,
    }
    assert {order[-1].endpoint.address for order in orders} == {"10.0.0.4"}
    assert {len(set(order)) for order in orders} == {4}


def test_weight_zero_has_a_small_chance() -> None:
    """RFC 2782: hosts of weight 0 stand first, and are taken when the number drawn is 0."""
    assert in_order([group(100, 1), group(0, 2)], lambda _below: 0)[0].endpoint.address == "10.0.0.2"
    assert in_order([group(100, 1), group(0, 2)], lambda _below: 1)[0].endpoint.address == "10.0.0.1"


@pytest.mark.parametrize(
    ("uri", "hop"),
    [
        ("sip:10.0.0.1", Endpoint("10.0.0.1", Port(5060))),
        ("sip:orig@10.0.0.1:6060;lr", Endpoint("10.0.0.1", Port(6060))),
        ("sip:[2001:DB8::1];transport=udp", Endpoint("2001:db8::1", Port(5060))),
        ("sip:10.0.0.1;transport=TCP", Place("10.0.0.1", 5060, TCP)),
        ("sip:Example.NET.", Place("example.net")),
        ("sip:a@example.net:5070;transport=tcp", Place("example.net", 5070, TCP)),
        ("sip:example.net;maddr=10.0.0.8", Endpoint("10.0.0.8", Port(5060))),
    ],
)
def test_where_a_uri_leads(uri: str, hop: Endpoint | Place) -> None:
    """RFC 3261 §19.1.1: a numeric one over UDP is an endpoint, and nothing is looked up."""
    assert hop_of(uri) == hop
    assert type(hop_of(uri)) is type(hop)


@pytest.mark.parametrize("uri", ["tel:+49", "sip:example.net;transport=tls", "sip:a..b", "sip:1.2.3.400"])
def test_where_a_uri_leads_nowhere(uri: str) -> None:
    with pytest.raises(WireError):
        hop_of(uri)
