"""Requests of the core to a flow that is gone (RFC 5626 §5.3.1)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, HOME
from tests.unit.nodes.pcscf.flow_bed import FlowBed, FlowUe, flow, fresh

from twopair.base import Refusal, StreamClosed, Transport
from twopair.wire.sip import Response


def answered(bed: FlowBed) -> list[int]:
    """Status of what the core was answered."""
    return [m.status for flow, m in bed.sent if flow.remote == HOME and isinstance(m, Response)]


@pytest.mark.parametrize(("ob", "refusal"), [(";ob", Refusal.FLOW_FAILED), ("", Refusal.NO_PATH_TOKEN)])
def test_a_flow_that_is_not_known_any_more(ob: str, refusal: Refusal) -> None:
    """FLOW_FAILED: RFC 5626 §5.3.1; the P-CSCF was started again, the home network has other flows."""
    bed = FlowBed()
    bed.from_core(flow(1), Route=f"<sip:gone@{CORE};lr{ob}>")
    assert (bed.refusals, answered(bed)) == ([refusal], [refusal.status])


@pytest.mark.parametrize(
    ("ue", "refusal"), [(flow(1), Refusal.FLOW_FAILED), (FlowUe(), Refusal.USER_AWAY)], ids=str
)
def test_a_flow_that_has_run_out(ue: FlowUe, refusal: Refusal) -> None:
    """FLOW_FAILED: its set is still there, its registration is over (MGP-12)."""
    bed, ue = FlowBed(), fresh(ue)
    bed.register(ue, expires=100)
    bed.wait(101)
    bed.from_core(ue, Route=bed.path_of(ue))
    assert (bed.refusals, answered(bed)) == ([refusal], [refusal.status])


@pytest.mark.parametrize(("reg_id", "status"), [(1, 430), (0, 480)])
def test_a_flow_whose_connection_cannot_be_opened(reg_id: int, status: int) -> None:
    """RFC 5626 §5.3.1: the UE may be reached over another flow."""
    bed, ue = FlowBed(), FlowUe(reg_id=reg_id, transport=Transport.TCP)
    bed.register(ue)
    bed.from_core(ue, Route=bed.path_of(ue))
    [way] = bed.opened()
    bed.feed(StreamClosed(way, "connection refused"))
    assert answered(bed) == [status]
