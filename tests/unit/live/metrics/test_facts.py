"""What is counted of what a P-CSCF reports."""

import re
from pathlib import Path

import pytest
from tests.unit.nodes.pcscf.bed import Bed, Ue

import twopair.live
from twopair.base import Impi, Refusal, Report
from twopair.core.sa import SasRefused, Stage
from twopair.live.hep_export import DROPPED
from twopair.live.metrics import facts as counts
from twopair.live.metrics.facts import FactCounts
from twopair.live.metrics.table import ERRORS
from twopair.nodes.facts import RegistrationFailed


class Counted(Bed):
    """A P-CSCF on the bench, and a listener."""

    def __init__(self) -> None:
        self.counts = FactCounts(lambda: self.now)
        super().__init__()

    def feed(self, event: object) -> list[object]:
        done = super().feed(event)  # type: ignore[arg-type]
        for action in done:
            if isinstance(action, Report):
                self.counts(action.fact)
        return done


def test_a_registration_its_renewal_and_its_end() -> None:
    bed, ue = Counted(), Ue()
    bed.register(ue, expires=600)
    assert bed.counts.registered == 1
    assert bed.counts.stages[Stage.TEMPORARY] == bed.counts.stages[Stage.IN_USE] == 1
    bed.wait(700)
    assert bed.counts.ended == {"by_user": 0, "by_network": 0, "expired": 1}
    assert bed.counts.stages[Stage.DELETED] == 1
    assert not bed.counts.failed


def test_how_long_it_took() -> None:
    """From SM1 to the 200 OK; SM7 is no beginning."""
    bed, ue = Counted(), Ue()
    sm2 = bed.sm1(ue)
    bed.wait(0.2)
    bed.sm6(ue, sm2)
    bed.wait(0.2)
    sm8 = bed.sm7(ue)
    bed.wait(0.2)
    bed.ok(sm8, ue)
    assert bed.counts.taken_s.total == pytest.approx(0.6)
    assert dict(bed.counts.taken_s.buckets())["0.5"] == 0
    assert dict(bed.counts.taken_s.buckets())["1.0"] == 1


def test_why_attempts_fail() -> None:
    """By refusal, by the status of the core, by the end of reg-await-auth (TMR-01)."""
    bed = Counted()
    refused, away, silent = Ue(1), Ue(2), Ue(3)
    bed.receive(refused.clear, refused.register(Security_Client=""))
    bed.core(bed.sm1(away), 403)
    bed.sm6(silent, bed.sm1(silent))
    bed.wait(300)
    assert bed.counts.failed == {Refusal.SECURITY_CLIENT_MISSING.name: 1, "status_403": 1, "expired": 1}


def test_a_refusal_is_counted_by_its_name() -> None:
    bed = Counted()
    assert set(bed.counts.refusals) == set(Refusal.__members__)
    bed.receive(Ue().clear, b"nonsense")
    assert bed.counts.refusals.total() == bed.counts.refusals[Refusal.MALFORMED_SIP.name] == 1


def test_what_a_home_network_invents_adds_no_cause() -> None:
    counted = FactCounts()
    for status in range(400, 700):
        counted(RegistrationFailed(Impi("a@b"), "x", status))
    assert len(counted.failed) < 70
    assert counted.failed["status_6xx"] > 80


def test_sets_that_cannot_be_installed() -> None:
    bed = Counted()
    bed.install = False
    for number in range(3):
        bed.challenge(bed.sm1(Ue(number)))
        (wished,) = [a.sa_set for a in bed.fresh if hasattr(a, "sa_set")]
        bed.feed(SasRefused(wished.set_id, "no room"))
    assert bed.counts.not_installed == bed.counts.failed["SA_INSTALL_FAILED"] == 3
    bed.install = True
    bed.register(Ue(9))
    assert bed.counts.not_installed == 0


def test_attempts_without_an_end_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_MOST_UNDER_WAY", 2)
    bed, ues = Counted(), [Ue(number) for number in range(3)]
    for ue in ues:
        bed.sm1(ue)
    assert len(bed.counts._under_way) == 2


def test_every_counter_of_the_driver_has_a_kind() -> None:
    """A name that is counted somewhere, and that no page would show with 0."""
    live = Path(twopair.live.__file__).parent
    text = "".join((live / name).read_text() for name in ("driver.py", "ports.py"))
    counted = set(re.findall(r"""counters\["(\w+)"\]""", text)) | {DROPPED}
    assert len(counted) > 5
    assert counted == set(ERRORS)
