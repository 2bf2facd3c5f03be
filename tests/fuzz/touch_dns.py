"""What the fuzzers do with answers of name servers: read them, and go from a name to servers with them.

The octets are messages with their lengths before them, as over TCP (RFC 1035 §4.2.2); each question gets the
next one, whatever it is. Nothing is raised but what dnspython says is its own.
"""

from itertools import cycle
from typing import Final

import dns.message
import dns.rrset
from dns.exception import DNSException
from dns.message import Message

from twopair.base import canonical_address
from twopair.core.locate import (
    Address,
    Answer,
    Ask,
    Fault,
    Kind,
    Naptr,
    Place,
    Question,
    Srv,
    in_order,
    is_name,
    locate,
)
from twopair.live.resolver import answer_of

KINDS: Final = tuple(Kind)
NAME: Final = "icscf.example.net"
MOST_TARGETS: Final = 8 * 16 * 2 * 8


def _wire(kind: str, *records: str, name: str = NAME) -> bytes:
    query = dns.message.make_query(f"{name}.", kind, id=7)
    answer = dns.message.make_response(query)
    for record in records:
        owner, rdtype, text = record.split(" ", 2)
        answer.answer.append(dns.rrset.from_text(f"{owner}.", 60, "IN", rdtype, text))
    wire = answer.to_wire()
    return len(wire).to_bytes(2, "big") + wire


SEEDS: Final = (
    _wire("NAPTR", f'{NAME} NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.{NAME}.')
    + _wire("SRV", f"_sip._udp.{NAME} SRV 10 60 5060 one.{NAME}.", name=f"_sip._udp.{NAME}")
    + _wire("A", f"one.{NAME} A 10.0.0.1", name=f"one.{NAME}")
    + _wire("AAAA", f"one.{NAME} AAAA 2001:db8::1", name=f"one.{NAME}"),
    _wire("A", f"{NAME} CNAME other.example.net.", "other.example.net A 10.0.0.2"),
    _wire("NAPTR", f'{NAME} NAPTR 1 1 "a" "SIP+D2T" "" one.{NAME}.') + _wire("A", f"one.{NAME} A 10.0.0.1"),
    _wire("SRV", f"{NAME} SRV 0 0 0 ."),
    _wire("A"),
)


def touch(data: bytes) -> None:
    """Everything, once."""
    messages = [_read(wire) for wire in _cut(data)]
    if messages:
        _walk([{kind: _fitting(message, kind) for kind in KINDS} for message in messages])


def _read(wire: bytes) -> Message | None:
    try:
        return dns.message.from_wire(wire)
    except DNSException:
        return None


def _cut(data: bytes) -> list[bytes]:
    found: list[bytes] = []
    while len(data) > 2 and len(found) < 4:
        length = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + length])
        data = data[2 + length :]
    return found


def _fitting(message: Message | None, kind: Kind) -> Answer:
    """Records of that kind alone, each with values that SIP can have; or a fault."""
    answer = answer_of(message, kind)
    assert (answer.fault is None) is bool(answer.records)
    assert answer.ttl_s >= 0
    for record in answer.records:
        if isinstance(record, Address):
            assert canonical_address(record.address) == record.address
            assert (":" in record.address) is (kind is Kind.AAAA) or kind is Kind.AAAA  # mapped addresses
        elif isinstance(record, Srv):
            assert kind is Kind.SRV
            assert not record.target or is_name(record.target)
        else:
            assert isinstance(record, Naptr)
            assert kind is Kind.NAPTR
            assert is_name(record.replacement)
    return answer


def _walk(answers: list[dict[Kind, Answer]]) -> None:
    """It comes to an end after few rounds, with few servers, or with a fault."""
    for place in (Place(NAME), Place(NAME, 5060)):
        known: dict[Question, Answer] = {}
        following = cycle(answers)
        for _round in range(6):
            found = locate(place, known, (Kind.A, Kind.AAAA))
            if not isinstance(found, Ask):
                break
            for question in found.questions:
                known[question] = next(following)[question.kind]
        else:
            raise AssertionError("it does not end")
        assert isinstance(found.fault, Fault) is not bool(found.groups)
        assert len(in_order(found.groups, lambda below: below - 1)) <= MOST_TARGETS
