"""Session timers on their way through the P-CSCF, which leaves them to the two ends (RFC 4028 §8; PCS-17)."""

import pytest
from tests.unit.nodes.pcscf.bed import TCP, Bed, Ue
from tests.unit.nodes.pcscf.relay_bed import both, registered

from twopair.base import Transport
from twopair.wire.sip import Message, Request, Response, make_response

TIMER = {
    "Session-Expires": "90;refresher=uac",
    "Min-SE": "90",
    "Supported": "timer",
    "Allow": "INVITE, UPDATE",
}
ANSWER = (("Session-Expires", "90;refresher=uac"), ("Require", "timer"), ("Supported", "timer"))
METHODS = pytest.mark.parametrize("method", ["UPDATE", "INVITE"])


def called(bed: Bed, ue: Ue) -> tuple[bytes, str]:
    """An INVITE of the UE that was answered, and the P-CSCF's Record-Route entry as the UE sees it."""
    invite = ue.request("INVITE")
    bed.receive(ue.uplink, invite)
    sent = bed.to_core()
    bed.core(sent, 200, [("Record-Route", f"<sip:scscf.home;lr>, {sent.get('Record-Route')}")])
    return invite, bed.to_ue()[1].values("Record-Route")[-1]


def unchanged(message: Message, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        assert message.get_all(name) == [value], name


@both
@METHODS
def test_a_refresh_of_the_ue_and_its_answer(transport: Transport, method: str) -> None:
    """RFC 4028 §8: what the UE asks and is granted, and no Record-Route within the dialog."""
    bed, ue = registered(transport)
    invite, own = called(bed, ue)
    fields = {name.replace("-", "_"): value for name, value in TIMER.items()}
    bed.receive(ue.uplink, ue.within(invite, method, "core", Route=f"{own}, <sip:scscf.home;lr>", **fields))
    sent = bed.to_core()
    assert sent.method == method
    unchanged(sent, TIMER)
    assert sent.get("Require") is None  # it was sec-agree, which ends here
    assert sent.get("Record-Route") is None
    bed.core(sent, 200, ANSWER)
    unchanged(bed.to_ue()[1], dict(ANSWER))


@both
@METHODS
def test_a_refresh_of_the_peer_and_its_answer(transport: Transport, method: str) -> None:
    """RFC 4028 §8: the same the other way; Require: timer of either end stays."""
    bed, ue = registered(transport)
    fields = {name.replace("-", "_"): value for name, value in TIMER.items()}
    bed.from_core(ue, method, To=f"<{ue.impu}>;tag=ue", Require="timer", **fields)
    flow, request = bed.to_ue()
    assert isinstance(request, Request)
    unchanged(request, TIMER | {"Require": "timer"})
    answer = make_response(request, 200, headers=ANSWER)
    bed.receive(flow if transport is TCP else ue.uplink, answer.to_bytes())
    [(_, response)] = bed.sent
    assert isinstance(response, Response)
    unchanged(response, dict(ANSWER))


@pytest.mark.parametrize(("status", "header"), [(422, ("Min-SE", "300")), (420, ("Unsupported", "timer"))])
def test_refusals_pass_with_what_they_name(status: int, header: tuple[str, str]) -> None:
    """RFC 4028 §7.3, RFC 3261 §8.2.2.3: the caller needs it to ask again."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request("INVITE", [f"{name}: {value}" for name, value in TIMER.items()]))
    bed.core(bed.to_core(), status, [header])
    response = next(m for _, m in bed.sent if isinstance(m, Response) and m.status == status)
    assert response.get(header[0]) == header[1]
