"""Scenario: somebody on Gm tries every attack of the attacker table; one is shown as a ladder."""

from collections.abc import Iterable, Sequence

from twopair.attack.attack import Attack
from twopair.attack.in_lab import try_all_in_labs
from twopair.attack.table import ATTACKS, ROWS, Row, attacks_of
from twopair.attack.trial import Trial, try_in_world
from twopair.base import Transport
from twopair.demo.checks.check import Check
from twopair.demo.checks.elsewhere import findings
from twopair.demo.evidence import Evidence
from twopair.demo.play import Play
from twopair.demo.record import Finding
from twopair.demo.scenario import Scenario, as_usual

_SHOWN = ATTACKS["bidding down"]


async def _play(play: Play) -> None:
    play.scene("Somebody leaves only the weakest algorithm in SM1 and SM6; UE registers")
    play.attack(*_SHOWN.moves)
    await play.register("ue")
    ip = 6 if ":" in play.plan.network.pcscf else 4
    trials = []
    for number, attack in enumerate(ATTACKS.values(), 1):
        play.tell(f"attack {number} of {len(ATTACKS)}, {attack.name}")
        for without in ((), attack.without)[: 1 + bool(attack.without)] if attack.transports else ():
            over = _over(attack.transports, play.transport)
            trials.append(try_in_world(attack, over, without=without, ip=ip))
    for transport in Transport if play.real else ():
        attacks = [a for a in ATTACKS.values() if a.real and _over(a.real, play.transport) is transport]
        play.tell(f"{len(attacks)} attacks on real packets over {transport.value}")
        trials += await try_all_in_labs(attacks, transport, ip)
    verdicts = [verdict_on(number, row, trials) for number, row in enumerate(ROWS, 1)]
    play.find(*(verdict for verdict in verdicts if verdict is not None))
    for row, verdict in zip(ROWS, verdicts, strict=True):
        if verdict is None:
            play.leave_out(f"{row.name}{_why(row)}")


def _over(possible: Sequence[Transport], wanted: Transport) -> Transport:
    """The transport that was asked for where the attack can be made over it, else one over which it can."""
    return wanted if wanted in possible else possible[0]


def verdict_on(number: int, row: Row, trials: Sequence[Trial]) -> Finding | None:
    """What the trials of a row come to: all as expected, or the first that is not; None without a trial."""
    attacks = attacks_of(row)
    made = [trial for trial in trials if trial.attack in attacks]
    wrong = next((trial for trial in made if not trial.ok), None)
    name = f"attack {number:02d}"
    if wrong is not None:
        return Finding(name, ok=False, detail=f"{row.name}: {_fault(wrong)}")
    if not made:
        return None
    return Finding(name, ok=True, detail=f"{row.name}: {_fails(made)}{_bites(attacks, made)}{_why(row)}")


def _fault(trial: Trial) -> str:
    where = "on real packets" if trial.real else "in virtual time"
    if not trial.defended:
        missing = ", ".join(trial.attack.without)
        return f"{trial.attack.name} was to succeed without {missing}, and did not: it proves nothing"
    what = trial.got or trial.left or "the attacker had no occasion"
    return f"{trial.attack.name} {where}: {what}"


def _fails(made: Sequence[Trial]) -> str:
    defended = [trial for trial in made if trial.defended]
    real = sum(trial.real for trial in defended)
    names = ", ".join(dict.fromkeys(trial.attack.name for trial in defended))
    tries = f"{len(defended)} time" + "s" * (len(defended) > 1)
    return f"{names}: tried {tries}" + (f", {real} on real packets" if real else "") + ", never succeeds"


def _bites(attacks: Sequence[Attack], made: Sequence[Trial]) -> str:
    bites = [trial for trial in made if trial.attack in attacks and not trial.defended]
    return "".join(f"; without {' and '.join(t.attack.without)}: {t.got}" for t in bites[:1])


def _why(row: Row) -> str:
    return f" ({row.unproven})" if row.unproven else ""


def _checks(evidence: Evidence) -> Iterable[Check]:
    yield from findings(evidence)


SCENARIO = Scenario(
    "mitm",
    "somebody on Gm tries every attack of the attacker table, and gets nowhere",
    "paper §3.2; 33.203 §6, §7, §7.3.2",
    1,
    as_usual,
    _play,
    _checks,
    own_algorithms=True,
    legend=(
        "Each line is a row of the attacker table: its number, what is attacked, the attacks that were "
        "tried, how often, and what came of it. “without” and the name of a defence: with that defence "
        "taken out the attack succeeds, so it is the defence that stops it."
    ),
)
