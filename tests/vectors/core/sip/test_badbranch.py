"""RFC 4475 §3.2.1: a branch that is the magic cookie alone makes no transaction of two requests."""

from tests.vectors.wire.sip.torture import BY_NAME

from twopair.base import Endpoint, Flow, Port, Transport
from twopair.core.sip.keys import server_key
from twopair.wire.sip import Request, parse

FLOW = Flow(Transport.UDP, Endpoint("10.0.0.1", Port(5060)), Endpoint("192.0.2.1", Port(5060)))


def test_other_requests_with_that_branch_are_other_transactions() -> None:
    data = BY_NAME["badbranch"].data
    first, same, other = (parse(text) for text in (data, data, data.replace(b"badbranch.", b"another.")))
    assert isinstance(first, Request)
    assert isinstance(same, Request)
    assert isinstance(other, Request)
    assert server_key(first, FLOW, "OPTIONS") == server_key(same, FLOW, "OPTIONS")
    assert server_key(first, FLOW, "OPTIONS") != server_key(other, FLOW, "OPTIONS")
