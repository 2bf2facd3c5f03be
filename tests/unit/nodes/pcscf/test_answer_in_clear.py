"""The answer to a challenge outside the SAs made for it (PCS-25)."""

import pytest
from tests.unit.nodes.pcscf.bed import TCP, UDP, Bed, Ue

from twopair.base import Flow, Port, Refusal, Spi, StreamOpened, Transport
from twopair.core.sa import Stage
from twopair.core.secagree import Terms
from twopair.wire.sip import Response


def challenged(transport: Transport = UDP) -> tuple[Bed, Ue]:
    bed, ue = Bed(), Ue(transport=transport)
    bed.sm6(ue, bed.sm1(ue))
    return bed, ue


def refused(bed: Bed, flow: Flow) -> None:
    """494 to where it came from, nothing to the core."""
    assert bed.refusals == [Refusal.ANSWER_IN_CLEAR]
    [(way, response)] = bed.sent
    assert way == flow
    assert isinstance(response, Response)
    assert response.status == 494
    assert response.values("Require") == ["sec-agree"]


@pytest.mark.parametrize("transport", [UDP, TCP])
def test_an_answer_in_the_clear(transport: Transport) -> None:
    """ANSWER_IN_CLEAR. PCS-25: 494, not forwarded; the real SM7 still completes the attempt (ERR-30)."""
    bed, ue = challenged(transport)
    client, server = ue.client, ue.server
    clear = ue.clear if transport is UDP else ue.flow(7777, 5060)
    if transport is TCP:
        bed.feed(StreamOpened(clear))
    for security_client in (client, "", server):
        bed.receive(clear, ue.register(response="c" * 32, Security_Client=security_client))
        refused(bed, clear)
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_an_answer_in_the_clear_while_sm8_is_under_way() -> None:
    """ANSWER_IN_CLEAR. PCS-25: the challenge is open until the core has spoken."""
    bed, ue = challenged()
    sm8 = bed.sm7(ue)
    bed.receive(ue.clear, ue.register(response="c" * 32))
    refused(bed, ue.clear)
    bed.ok(sm8, ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_an_attacker_elsewhere() -> None:
    """ANSWER_IN_CLEAR. PCS-25: he has read SM6; neither his answer nor its repetitions end the attempt."""
    bed, ue = challenged()
    thief = Ue(9, nonce=ue.nonce)
    stolen = f'Digest username="{ue.impi}",realm="x",uri="sip:x",nonce="{ue.nonce}",response="ab"'
    for _ in range(3):
        bed.receive(thief.clear, thief.register(Authorization=stolen))
        refused(bed, thief.clear)
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_in_a_reregistration() -> None:
    """ANSWER_IN_CLEAR. PCS-25: beside a live set; both stay."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.sm6(ue, bed.sm1_over(ue))
    bed.receive(ue.clear, ue.register(response="c" * 32))
    refused(bed, ue.clear)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]


def test_over_an_older_set_it_is_forwarded() -> None:
    """INT-03, PCS-25: protected, but not by the set of its challenge: the core is told ``no``."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    flow, server = ue.uplink, ue.server
    bed.sm6(ue, bed.sm1_over(ue))
    bed.receive(flow, ue.register(port="6101", response="c" * 32, Security_Verify=server))
    assert 'integrity-protected="no"' in (bed.to_core().get("Authorization") or "")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"response": "", "auth": ',auts="AAAA"'}, "AKA-21, AKA-22"),
        ({"response": "cc", "auth": ',auts="AAAA"'}, "AKA-21: the response is ignored"),
        ({"response": ""}, "AKA-20"),
        ({"nonce": "AAAA", "response": "cc"}, "another nonce"),
    ],
)
def test_what_is_no_answer_is_forwarded(changes: dict[str, str], why: str) -> None:
    """PCS-25, AKA-20..AKA-22: as before."""
    bed, ue = challenged()
    ue.nonce = changes.pop("nonce", ue.nonce)
    bed.receive(ue.clear, ue.register(**changes))
    assert bed.to_core().method == "REGISTER", why
    assert bed.stages(ue) == [Stage.TEMPORARY]


@pytest.mark.parametrize("end", ["200", "403", "time"])
def test_the_nonce_of_an_attempt_that_is_over(end: str) -> None:
    """PCS-25, AKA-08: it proves nothing, and may come with any REGISTER."""
    bed, ue = challenged()
    if end == "time":
        bed.wait(241)
    elif end == "403":
        bed.core(bed.sm7(ue), 403)
    else:
        bed.ok(bed.sm7(ue), ue)
    ue.renew(Terms(Spi(60_000), Spi(60_001), Port(6200), Port(6201)))
    bed.receive(ue.clear, ue.register(response="c" * 32))
    assert 'integrity-protected="no"' in (bed.to_core().get("Authorization") or "")
