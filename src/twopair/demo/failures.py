"""Scenario: every failure of the failure table, with the state it leaves; one is shown as a ladder."""

from collections.abc import Iterable, Sequence

from twopair.attack.failure import Outcome, try_failure
from twopair.attack.failures import FAILURES
from twopair.attack.forge import bump, sm6
from twopair.attack.moves import Change
from twopair.demo.checks.check import Check
from twopair.demo.checks.elsewhere import findings
from twopair.demo.evidence import Evidence
from twopair.demo.play import Play
from twopair.demo.record import Finding
from twopair.demo.scenario import Scenario, as_usual


async def _play(play: Play) -> None:
    play.scene("ERR-10: spi_pc is changed in SM6; SM7 gives it away; UE tries once more, then gives up")
    play.attack(Change(on=sm6, edit=bump("spi-c")))
    await play.register("ue")
    ip = 6 if ":" in play.plan.network.pcscf else 4
    outcomes = []
    for number, failure in enumerate(FAILURES, 1):
        if play.transport in failure.transports:
            play.tell(f"failure {number} of {len(FAILURES)}, {failure.trigger}")
            outcomes += [
                try_failure(failure, play.transport, registered=registered, ip=ip)
                for registered in failure.registered
            ]
    rows = dict.fromkeys(outcome.failure.id for outcome in outcomes)
    play.find(*(verdict_on(row, [o for o in outcomes if o.failure.id == row]) for row in rows))


def verdict_on(row: str, outcomes: Sequence[Outcome]) -> Finding:
    """What the outcomes of a row come to; each says what went over Gm, and the SA table is that of before."""
    for outcome in outcomes:
        if outcome.faults:
            return Finding(row, ok=False, detail=f"{outcome.failure.trigger}: {outcome.faults[0]}")
    return Finding(row, ok=True, detail="\n".join(map(_said, outcomes)))


def _said(outcome: Outcome) -> str:
    who = "registered, " if outcome.registered else ""
    end = "registered over one new set" if outcome.failure.ends_well else "SA tables as before"
    return f"{who}{outcome.failure.trigger}: {outcome.wire or 'no answer'}, then {end}"


def _checks(evidence: Evidence) -> Iterable[Check]:
    yield from findings(evidence)


SCENARIO = Scenario(
    "failures",
    "all that can go wrong, and that it leaves nothing behind",
    "33.203 §7.3; 24.229 §5.1.1.5, §5.2.2.2",
    1,
    as_usual,
    _play,
    _checks,
    own_algorithms=True,
    legend=(
        "Each line is a row of the failure table: its number, what goes wrong, what UE and P-CSCF then say "
        "on Gm, and the state after it. Names are requests, numbers are the status of responses; in "
        "parentheses: inside ESP, without: in clear text; each message is named once. A line that begins "
        "with “registered” is the same tried on a UE that is registered already. “SA tables as before”: "
        "none left, none lost."
    ),
)
