"""``restart-ue``: a UE loses its sets and registers anew in the clear (MGP-08, row 6; SA-22)."""

from collections.abc import Iterable
from typing import Final

from twopair.core.sa import SaSet
from twopair.demo.acts import act, said_in, set_number, sets_of
from twopair.demo.checks import outcome, packets, sets
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence
from twopair.demo.play import Play
from twopair.demo.record import CORE, Moment, Said, SetGone
from twopair.demo.scenario import Scenario, as_usual
from twopair.wire.sip import AuthFields, Request

BEFORE: Final = "UE registers, and is reached"
AFTER: Final = "UE loses power without a word, starts anew, and registers in the clear"
REACHED: Final = "UE is reached again, over the new set"


async def play(play: Play) -> None:
    """Register, restart, register, each time with a word from the network."""
    play.scene(BEFORE)
    await play.register("ue")
    await play.message("home", play.impu(1), "Hello.")
    await play.settle()
    play.scene(AFTER)
    play.restart("ue")
    await play.register("ue")
    play.scene(REACHED)
    await play.message("home", play.impu(1), "Hello again.")
    await play.message("ue", play.operator, "I was away.")
    await play.settle()


def _two(evidence: Evidence) -> tuple[list[SaSet], list[str]]:
    made = sets_of(evidence, evidence.recording.host("ue"))
    return made, [] if len(made) == 2 else [f"{len(made)} sets were made, not 2"]


def _initial(evidence: Evidence) -> Finding:
    """UNP-03: a REGISTER in the clear is an initial one, and is challenged whatever stands."""
    found = [(s.seen.step, s.seen.sa is None) for s in said_in(evidence, AFTER) if s.seen.step]
    wanted = [("SM1", True), ("SM6", True), ("SM7", False), ("SM12", False)]
    return Finding(
        [] if found == wanted else [f"{found}"],
        "SM1 in the clear is challenged, SM7 and SM12 are in the new set",
    )


def _not_protected(evidence: Evidence) -> Finding:
    """INT-02: what came in the clear goes on with integrity-protected "no", SM7 with "yes"."""
    said = [
        AuthFields.parse(m.seen.message.get("Authorization") or "Digest").get("integrity-protected")
        for m in act(evidence, AFTER)
        if isinstance(m, Said)
        and m.link == CORE
        and isinstance(m.seen.message, Request)
        and m.seen.message.method == "REGISTER"
    ]
    return Finding(
        [] if said == ["no", "yes"] else [f"integrity-protected {said}"], 'SM2 says "no", SM8 "yes"'
    )


def _not_before(evidence: Evidence) -> Finding:
    """UNP-05, MGP-08: the P-CSCF lets the set of before go with the 200 OK that replaces it, not sooner."""
    made, faults = _two(evidence)
    moments = act(evidence, AFTER)
    gone = _place(moments, lambda m: isinstance(m, SetGone) and m.host.name == "pcscf")
    granted = _place(
        moments,
        lambda m: isinstance(m, Said) and m.link == CORE and m.seen.start_line.startswith("SIP/2.0 200"),
    )
    if gone is None or granted is None or gone < granted:
        faults.append("the first set went before the new authentication had succeeded")
    held = {sa.spi for sa in evidence.sas["pcscf"]}
    if made and held & set(made[0].spis):
        faults.append("the first set is still there")
    return Finding(
        faults, "the first set stood until the 200 OK of the new authentication, then it went at once"
    )


def _place(moments: list[Moment], wanted: object) -> int | None:
    return next((n for n, moment in enumerate(moments) if wanted(moment)), None)  # type: ignore[operator]


def _new_keys(evidence: Evidence) -> Finding:
    """AKA-18: nothing of the first set is used again: other keys, SPIs and client ports."""
    made, faults = _two(evidence)
    if len(made) == 2:
        one, other = made
        faults += [
            what
            for what, same in (
                ("the keys are the same", one.keys == other.keys),
                ("an SPI is the same", bool(set(one.spis) & set(other.spis))),
                ("port_uc is the same", one.ports.uc == other.ports.uc),
            )
            if same
        ]
    return Finding(faults, "keys, SPIs and port_uc are all new; the card's sequence numbers went on")


def _reached(evidence: Evidence) -> Finding:
    """MGP-03: after row 6 the P-CSCF's own requests go over the new set at once."""
    over = {set_number(evidence, said) for said in said_in(evidence, REACHED)}
    return Finding([] if over == {2} else [f"over sets {over}"], "both ways over set 2")


def checks(_evidence: Evidence) -> Iterable[Check]:
    """The UE is back, on a new set; the old one harmed nobody and is gone."""
    yield from outcome.REGISTERED
    yield Check("UNP-03", _initial)
    yield Check("INT-02", _not_protected)
    yield Check("MGP-08", _not_before)
    yield Check("AKA-18", _new_keys)
    yield Check("MGP-03", _reached)
    yield from outcome.ANSWERED
    yield from packets.CLEAR
    yield from sets.STANDING[:1]


SCENARIO: Final = Scenario(
    "restart-ue",
    "a UE that lost its sets registers in the clear: the new set replaces the old, not sooner",
    "24.229 §5.2.2.2, row 6; 33.203 §7.1, §7.4",
    1,
    as_usual,
    play,
    checks,
)
