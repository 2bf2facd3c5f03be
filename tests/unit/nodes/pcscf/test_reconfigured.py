"""Another configuration while it serves: what stands goes on, what comes is judged by the new one."""

from typing import Any

import pytest
from tests.unit.nodes.pcscf.bed import HOME, TCP, Bed, Ue, config

from twopair.base import Endpoint, IllegalStep, Port, Refusal, StreamOpened, Suite
from twopair.core.sa import InstallSas, Stage
from twopair.nodes.orders import Reconfigured
from twopair.nodes.pcscf import Limits
from twopair.wire.sip import Response

CBC = Suite.parse("hmac-sha-1-96/aes-cbc")
NULL = Suite.parse("hmac-sha-1-96/null")


def reconfigured(bed: Bed, **changes: Any) -> None:
    bed.feed(Reconfigured(config(**changes)))
    assert bed.fresh == []


def suites(bed: Bed) -> list[Suite]:
    """Of the sets that were installed, in order."""
    return [action.sa_set.suite for action in bed.actions if isinstance(action, InstallSas)]


def test_sets_keep_their_suite_and_new_ones_get_a_new_one() -> None:
    """AGR-21, RRG-01: a message over the old set passes; the next challenge has the new list."""
    bed, old, new = Bed(algorithms=(CBC,)), Ue(1), Ue(2)
    bed.register(old)
    reconfigured(bed, algorithms=(NULL,), confidentiality="off")
    bed.receive(old.uplink, old.request())
    assert bed.to_core().method == "MESSAGE"
    assert bed.stages(old) == [Stage.IN_USE]
    sm6 = bed.sm6(new, bed.sm1(new))
    assert "ealg=null" in (sm6.get("Security-Server") or "")
    assert "aes-cbc" not in (sm6.get("Security-Server") or "")
    bed.reregister(old)
    assert suites(bed) == [CBC, NULL, NULL]


def test_an_open_challenge_is_answered_under_its_own_list() -> None:
    """AGR-31: SM7 repeats the list of SM6, whatever the configuration says by now."""
    bed, ue = Bed(algorithms=(CBC,)), Ue()
    bed.sm6(ue, bed.sm1(ue))
    reconfigured(bed, algorithms=(NULL,), confidentiality="off")
    bed.ok(bed.sm7(ue), ue)
    _, sm12 = bed.to_ue()
    assert isinstance(sm12, Response)
    assert sm12.status == 200
    assert bed.stages(ue) == [Stage.IN_USE]


def test_requests_without_security_verify() -> None:
    """AGR-35."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.receive(ue.uplink, ue.request(Security_Verify=""))
    assert bed.refusals == [Refusal.VERIFY_MISSING]
    reconfigured(bed, missing_security_verify="tolerate")
    bed.receive(ue.uplink, ue.request(Security_Verify=""))
    assert bed.to_core().method == "MESSAGE"


def test_foreign_routes() -> None:
    """PCS-08."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.receive(ue.uplink, ue.request(Route="<sip:10.20.0.9;lr>"))
    assert bed.to_core().method == "MESSAGE"
    reconfigured(bed, foreign_route="reject")
    bed.receive(ue.uplink, ue.request(Route="<sip:10.20.0.9;lr>"))
    assert bed.refusals == [Refusal.FOREIGN_ROUTE]


def test_option_tags_that_are_passed_on() -> None:
    """PCS-23."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    bed.receive(ue.uplink, ue.request(Proxy_Require="sec-agree, mediasec"))
    assert bed.refusals == [Refusal.BAD_PROXY_EXTENSION]
    reconfigured(bed, pass_on=("MediaSec",))
    bed.receive(ue.uplink, ue.request(Proxy_Require="sec-agree, mediasec"))
    assert bed.to_core().method == "MESSAGE"


def test_limits_count_for_what_comes() -> None:
    bed, first, second = Bed(), Ue(1, transport=TCP), Ue(2, transport=TCP)
    bed.feed(StreamOpened(first.clear))
    reconfigured(bed, limits=Limits(connections=1))
    bed.feed(StreamOpened(second.clear))
    assert bed.refusals == [Refusal.OVERLOADED]
    assert first.clear in bed.pcscf.tables.streams


def test_another_registrar() -> None:
    """PCS-06: REGISTER goes there; who is registered keeps the Service-Route."""
    bed, old, new = Bed(), Ue(1), Ue(2)
    other = Endpoint("10.20.0.7", Port(5060))
    bed.register(old)
    reconfigured(bed, registrar=other)
    bed.receive(old.uplink, old.request())
    assert [flow.remote for flow, _ in bed.sent] == [HOME]
    bed.receive(new.clear, new.register())
    assert [flow.remote for flow, _ in bed.sent] == [other]


@pytest.mark.parametrize(
    "changes",
    [{"name": "other"}, {"gm_addresses": ("10.10.0.9",)}, {"port_ps": Port(5072)}, {"gm_port": Port(5070)}],
)
def test_the_configuration_of_another_pcscf_is_our_own_mistake(changes: dict[str, Any]) -> None:
    bed = Bed()
    with pytest.raises(IllegalStep):
        bed.feed(Reconfigured(config(**changes)))
    with pytest.raises(IllegalStep):
        bed.feed(Reconfigured("something else"))
