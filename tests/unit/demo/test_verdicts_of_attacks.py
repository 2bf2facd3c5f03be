"""``demo mitm`` and ``demo failures`` fail when an attack succeeds, or a scenario does not bite."""

import pytest

from twopair.attack.attack import Attack
from twopair.attack.failure import Outcome
from twopair.attack.failures import FAILURES
from twopair.attack.table import ROWS, attacks_of
from twopair.attack.trial import Trial
from twopair.base import Transport
from twopair.demo import failures, mitm

ROW = ROWS[0]
[ATTACK] = attacks_of(ROW)
GOOD = Trial(ATTACK, Transport.UDP, defended=True, real=True, made=1, got="", left="")
BITES = GOOD._replace(defended=False, real=False, got="calls go elsewhere")


def test_a_good_row_says_what_was_tried() -> None:
    found = mitm.verdict_on(1, ROW, [GOOD, GOOD._replace(real=False), BITES])
    assert found is not None
    assert found.ok
    for words in (
        ROW.name,
        "tried 2 times, 1 on real packets, never succeeds",
        "without AGR-31",
        "calls go elsewhere",
    ):
        assert words in found.detail


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        (GOOD._replace(got="calls go elsewhere"), "on real packets: calls go elsewhere"),
        (GOOD._replace(left="one temporary set"), "one temporary set"),
        (GOOD._replace(made=0), "no occasion"),
        (BITES._replace(got=""), "proves nothing"),
    ],
)
def test_a_bad_trial_is_a_bad_verdict(trial: Trial, words: str) -> None:
    """An attack that succeeds, leaves something behind, was never made, or is no attack at all."""
    found = mitm.verdict_on(1, ROW, [GOOD, trial, BITES])
    assert found is not None
    assert not found.ok
    assert words in found.detail


def test_a_row_that_was_not_played_has_no_verdict() -> None:
    """A check that was skipped is not one that held."""
    assert mitm.verdict_on(1, ROW, []) is None


def test_attacks_belong_to_their_rows() -> None:
    other: Attack = attacks_of(ROWS[1])[0]
    found = mitm.verdict_on(1, ROW, [GOOD, GOOD._replace(attack=other, got="x")])
    assert found is not None
    assert found.ok


def test_a_failure_that_differs_from_its_row() -> None:
    good = Outcome(FAILURES[0], Transport.UDP, registered=False, wire="REGISTER 401", faults=())
    assert failures.verdict_on("ERR-01", [good]).ok
    bad = good._replace(faults=("pcscf: 1 set(s) before, other 2 now",))
    found = failures.verdict_on("ERR-01", [good, bad])
    assert not found.ok
    assert "other 2 now" in found.detail
