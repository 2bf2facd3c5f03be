"""The core's Via and Record-Route are kept from UEs where that is configured (24.229 §5.2.7; PCS-20)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, GM, HOME, SERVICE_ROUTE, UDP, Bed, Ue, make_response
from tests.unit.nodes.pcscf.call_bed import SCSCF, Called, Caller, requests
from tests.unit.nodes.pcscf.relay_bed import registered

from twopair.wire.sip import Request, Response

SECRET = ("10.20.0.2", "10.20.0.1", "as.example", "proxy.core")
"""What a UE must not see of the core, beside the Service-Route that it has to know."""

VIAS = f"SIP/2.0/UDP {HOME};branch=z9hG4bKtop, SIP/2.0/UDP proxy.core;branch=z9hG4bKbelow"


def hidden(**changes: str) -> tuple[Bed, Ue]:
    return registered(UDP, hide_topology=True, **changes)


def seen(bed: Bed) -> str:
    """All that has just gone to a UE."""
    return "\n".join(m.to_bytes().decode() for flow, m in bed.sent if flow.local != CORE)


@pytest.mark.parametrize("method", ["MESSAGE", "NOTIFY", "OPTIONS"])
def test_what_the_core_asks(method: str) -> None:
    """PCS-20, PCS-14: the UE sees our Via alone; the answer has all of them again, in order."""
    bed, ue = hidden()
    bed.from_core(ue, method, Via=VIAS, Record_Route="<sip:as.example;lr>")
    [request] = requests(bed, core=False)
    assert [value.partition(";")[0] for value in request.values("Via")] == [f"SIP/2.0/UDP {GM}:5062"]
    assert not [name for name in SECRET if name in seen(bed)]
    bed.receive(ue.uplink, make_response(request, 200, to_tag="u").to_bytes())
    [(_, answer)] = bed.sent
    assert answer.values("Via") == VIAS.split(", ")


def test_a_call_to_the_ue() -> None:
    """PCS-20: no Record-Route of the core; what the UE sends in it goes a way that it does not know."""
    bed, ue = hidden()
    call = Called(bed, ue, Via=VIAS, Record_Route=f"{SCSCF}, <sip:as.example;lr>")
    assert not [name for name in SECRET if name in seen(bed)]
    call.answer(200)
    [(_, ok)] = bed.sent
    path = bed.pcscf.tables.subscribers.of(ue.impi).path  # type: ignore[union-attr]
    assert ok.values("Record-Route") == [path, SCSCF, "<sip:as.example;lr>"]
    assert ok.values("Via") == VIAS.split(", ")
    call.hears("ACK", Via=VIAS.replace("bKtop", "bKack"))
    assert not [name for name in SECRET if name in seen(bed)]
    call.says("BYE")
    assert bed.to_core().values("Route") == [SCSCF, "<sip:as.example;lr>"]


@pytest.mark.parametrize("foreign_route", ["replace", "reject"])
def test_a_call_of_the_ue(foreign_route: str) -> None:
    """PCS-20, PCS-15: answers show our own entry; a Route that has no more than that is the right one."""
    bed, ue = hidden(foreign_route=foreign_route)
    call = Caller(bed, ue, Route=f"<sip:{GM}:5062;lr>, {SERVICE_ROUTE}")
    for status in (183, 200):
        call.answer(status)
        response = next(m for flow, m in bed.sent if flow.local != CORE)
        assert isinstance(response, Response)
        assert response.values("Record-Route") == [call.own]
        assert not [name for name in SECRET if name in seen(bed)]
        call.says("PRACK" if status < 200 else "ACK", Route=call.own)
        assert requests(bed, core=True)[0].values("Route") == [SCSCF]


def test_another_dialog() -> None:
    """PCS-20: what is not in the books goes by the Service-Route, which the UE knows (ADR 31)."""
    bed, ue = hidden()
    subscribe = ue.request("SUBSCRIBE")
    bed.receive(ue.uplink, subscribe)
    sent = bed.to_core()
    bed.core(sent, 200, [("Contact", "<sip:as.example>")])
    own = bed.to_ue()[1].get("Record-Route") or ""
    bed.receive(ue.uplink, ue.within(subscribe, "SUBSCRIBE", "core", Route=own))
    assert bed.to_core().values("Route") == [SERVICE_ROUTE]


def test_nothing_is_hidden_unless_it_is_asked_for() -> None:
    """PCS-20."""
    bed, ue = registered()
    bed.from_core(ue, Via=VIAS)
    request = bed.to_ue()[1]
    assert isinstance(request, Request)
    assert request.values("Via")[1:] == VIAS.split(", ")
