"""A P-CSCF that is about to end: nobody new, and all who are there as before."""

from tests.unit.nodes.pcscf.bed import Bed, Ue

from twopair.base import Micros, Refusal, seconds
from twopair.core.sa import Stage
from twopair.nodes.facts import RegistrationFailed
from twopair.nodes.orders import Drain
from twopair.wire.sip import Response


def draining(bed: Bed, within_s: float) -> None:
    bed.feed(Drain(Micros(bed.now + seconds(within_s))))
    assert bed.fresh == []


def refused(bed: Bed, ue: Ue) -> Response:
    bed.receive(ue.clear, ue.register())
    _, response = bed.to_ue()
    assert isinstance(response, Response)
    return response


def test_a_register_in_the_clear() -> None:
    """RFC 3261 §21.5.4, UEP-14: 503, with what is left as Retry-After; the core hears of nothing."""
    bed = Bed()
    draining(bed, 30)
    response = refused(bed, Ue(1))
    assert (response.status, response.get("Retry-After")) == (503, "30")
    assert bed.refusals == [Refusal.DRAINING]
    assert len(bed.sent) == 1
    [fact] = bed.facts(RegistrationFailed)
    assert (fact.status, fact.refusal) == (503, Refusal.DRAINING)
    bed.wait(28.5)
    assert refused(bed, Ue(2)).get("Retry-After") == "2"
    bed.wait(100)
    assert refused(bed, Ue(3)).get("Retry-After") == "1"


def test_who_has_been_challenged_may_answer() -> None:
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    draining(bed, 30)
    bed.ok(bed.sm7(ue), ue)
    _, sm12 = bed.to_ue()
    assert isinstance(sm12, Response)
    assert sm12.status == 200


def test_who_is_registered_is_served() -> None:
    """Requests of the UE, requests to it, and its next registration over its set."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    draining(bed, 30)
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"
    bed.from_core(ue)
    flow, _ = bed.to_ue()
    assert flow.remote.address == ue.address
    _, sm12 = bed.reregister(ue)
    assert isinstance(sm12, Response)
    assert sm12.status == 200
    assert bed.stages(ue)[-1] is Stage.NEWLY_ESTABLISHED


def test_what_is_under_way() -> None:
    """A request until its final response, and not the time for which it may be repeated."""
    bed, ue = Bed(), Ue()
    assert bed.pcscf.under_way == 0
    sm2 = bed.sm1(ue)
    assert bed.pcscf.under_way == 1
    bed.sm6(ue, sm2)
    assert bed.pcscf.under_way == 0
    bed.ok(bed.sm7(ue), ue)
    bed.receive(ue.uplink, ue.request("INVITE"))
    assert bed.pcscf.under_way == 1
    bed.core(invite := bed.to_core(), 180)
    assert bed.pcscf.under_way == 1
    bed.core(invite, 200)
    assert bed.pcscf.under_way == 0
    assert bed.pcscf.transactions > 0


def test_how_many_are_registered() -> None:
    bed = Bed()
    bed.sm6(ue := Ue(1), bed.sm1(ue))
    assert bed.pcscf.registered(bed.now) == 0
    bed.register(Ue(2))
    bed.register(Ue(3))
    assert bed.pcscf.registered(bed.now) == 2
