"""``late-response``: a call rings while sets and connections change (paper §3.3; RRG-07..RRG-09, MSG-06)."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from twopair.base import Transport
from twopair.demo.acts import Asked, hops, said_in, set_number, sets_of
from twopair.demo.checks import packets, sets
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence
from twopair.demo.play import Play
from twopair.demo.scenario import Scenario
from twopair.live.lab import LabPlan
from twopair.nodes.facts import CallChanged, CallStage

_RINGS_S: Final = 130
"""Longer than an old set lives at the P-CSCF: 64 * T1 = 128 s (TMR-03)."""

OLD: Final = "Solution 1: the old set lives, and carries the answer"
NEW_AT_UE: Final = "Solution 2 at the UE: the newest set carries the answer"
NEW_AT_PCSCF: Final = "Solution 2 at the P-CSCF: the newest set carries the answer"
LOST: Final = "The connections are lost, and nobody has re-registered"
GONE: Final = "The old set is gone: the call has rung for 130 s since"


class _Way(NamedTuple):
    """How the late response of one end is to travel.

    Args:
        title: of the scene.
        up: whether it is the response of the UE that is called, or that of the P-CSCF to the caller.
        newest: over the newest set, or over that of the request.
        tcp: the SA of a response over TCP.
        id: the requirement.
    """

    title: str
    up: bool
    newest: bool
    tcp: str
    id: str


_WAYS: Final = (
    _Way(OLD, up=True, newest=False, tcp="SA2-up", id="RRG-07"),
    _Way(OLD, up=False, newest=False, tcp="SA1-dn", id="RRG-07"),
    _Way(NEW_AT_UE, up=True, newest=True, tcp="SA1-up", id="RRG-08"),
    _Way(NEW_AT_PCSCF, up=False, newest=True, tcp="SA1-dn", id="RRG-08"),
    _Way(LOST, up=True, newest=False, tcp="SA1-up", id="MSG-06"),
    _Way(LOST, up=False, newest=False, tcp="SA2-dn", id="MSG-06"),
    _Way(GONE, up=True, newest=True, tcp="SA1-up", id="RRG-09"),
    _Way(GONE, up=False, newest=True, tcp="SA2-dn", id="RRG-09"),
)


def change(plan: LabPlan) -> LabPlan:
    """UE 3 answers by the paper's solution 2, everybody else by solution 1."""
    third = plan.ues[2]
    other = replace(third, config=replace(third.config, response_after_rekey="new"))
    return replace(plan, ues=(*plan.ues[:2], other))


async def play(play: Play) -> None:
    """Five calls to an end, each with something that happens while it rings."""
    for ue in ("ue", "ue2", "ue3"):
        play.scene(f"{play.title(ue)} registers")
        await play.register(ue)
    play.scene(OLD)
    await _rings(play, 2)
    await _rekey(play, "ue", "ue2")
    await _end(play, "ue2")
    play.scene(NEW_AT_UE)
    await _rings(play, 3)
    await _rekey(play, "ue3")
    await _end(play, "ue3")
    play.scene(NEW_AT_PCSCF)
    play.solution("new")
    await _rings(play, 2)
    await _rekey(play, "ue")
    await _end(play, "ue2")
    play.solution("old")
    if play.transport is Transport.TCP:
        play.scene(LOST)
        await _rings(play, 2)
        await play.cut("ue")
        await play.cut("ue2")
        await _end(play, "ue2")
    play.scene(GONE)
    await _rings(play, 2)
    await _rekey(play, "ue", "ue2")
    await play.wait(_RINGS_S)
    await _end(play, "ue2")
    await play.wait(2 * _RINGS_S)
    await play.settle()


async def _rings(play: Play, called: int) -> None:
    await play.call("ue", play.impu(called), play.transport)


async def _rekey(play: Play, *ues: str) -> None:
    """Re-register; what is said over the new set makes the P-CSCF use it (row 3)."""
    for ue in ues:
        await play.register(ue)
        await play.message(ue, play.operator, "over the new set")


async def _end(play: Play, called: str) -> None:
    await play.answer(called, "ue")
    await play.hang_up("ue")
    await play.settle()


def _late(evidence: Evidence, way: _Way) -> Asked | None:
    """The hop of the INVITE that a row of the table is about."""
    found = list(hops(said_in(evidence, way.title), "INVITE"))
    return next((hop for hop in found if hop.request.sender.is_ue is not way.up), None)


def _travelled(evidence: Evidence, way: _Way) -> Finding:
    """The late response went over the set, and in the SA, that the situation asks for."""
    hop = _late(evidence, way)
    if hop is None or hop.response is None:
        return Finding([f"{way.title}: no final response"], "")
    asked, answered = (set_number(evidence, said) for said in (hop.request, hop.response))
    ue = hop.response.sender if way.up else hop.response.receiver
    sa = way.tcp if evidence.transport is Transport.TCP else "SA1-up" if way.up else "SA2-dn"
    # over UDP the P-CSCF answers over the set in use, whatever the solution (MGP-03)
    moved = way.newest or (evidence.transport is Transport.UDP and not way.up and way.title == OLD)
    faults = []
    if hop.response.seen.sa != sa:
        faults.append(f"{way.title}: in {hop.response.seen.sa or 'the clear'} instead of {sa}")
    if answered is None or (moved and (asked is None or answered <= asked)):
        faults.append(f"{way.title}: asked over set {asked}, answered over set {answered}")
    if not moved and answered != asked:
        faults.append(f"{way.title}: answered over set {answered}, not over set {asked} of the request")
    ports = f"{hop.response.seen.src.port}>{hop.response.seen.dst.port}"
    words = f"asked over set {asked} of {ue.name}, answered over set {answered}: {sa} {ports}"
    return Finding(faults, f"{way.title.partition(':')[0]}, {'the UE' if way.up else 'the P-CSCF'}: {words}")


def _heard(evidence: Evidence) -> Finding:
    """RRG-09: in each situation the caller has the final response, inside an SA."""
    scenes = _scenes(evidence)
    heard = [
        hop.response.seen
        for title in scenes
        for hop in hops(said_in(evidence, title), "INVITE")
        if hop.request.sender.name == "ue" and hop.response is not None
    ]
    up = sum(
        isinstance(fact, CallChanged) and fact.stage is CallStage.UP
        for fact in evidence.recording.facts("ue")
    )
    faults = [f"{seen.start_line} in the clear" for seen in heard if seen.sa is None]
    if not len(heard) == up == len(scenes):
        faults.append(f"{len(heard)} final responses and {up} calls in {len(scenes)} situations")
    return Finding(
        faults, f"the caller has the final response in {up} of {len(scenes)} situations, each in an SA"
    )


def _scenes(evidence: Evidence) -> list[str]:
    return [OLD, NEW_AT_UE, NEW_AT_PCSCF, *([LOST] if evidence.transport is Transport.TCP else []), GONE]


def _drained(evidence: Evidence) -> Finding:
    """TMR-03, MGU-05: when all is over each UE has one set, the newest, and so has the P-CSCF."""
    faults = []
    for ue in evidence.ues:
        newest = sets_of(evidence, ue)[-1]
        for host in (ue.name, "pcscf"):
            held = {sa.spi for sa in evidence.sas[host]} & {
                spi for one in sets_of(evidence, ue) for spi in one.spis
            }
            if held != set(newest.spis):
                faults.append(f"{host}: {len(held) // 4} sets of {ue.name}")
    made = sum(len(sets_of(evidence, ue)) for ue in evidence.ues)
    return Finding(
        faults if evidence.ues else ["no UE was seen"], f"of {made} sets one per UE is left, the newest"
    )


def checks(evidence: Evidence) -> Iterable[Check]:
    """Whatever happened, the answer came, and the way that its situation asks for."""
    yield Check("RRG-09", _heard)
    for way in _WAYS:
        if way.title in _scenes(evidence):
            yield Check(way.id, partial(_travelled, way=way))
    yield Check("MGU-05", _drained)
    yield from packets.CLEAR
    yield from sets.STANDING[:1]


SCENARIO: Final = Scenario(
    "late-response",
    "a call rings while sets and connections change: the answer always comes, over an SA",
    "paper §3.3; RFC 3261 §18.2.2; 24.229 §5.1.1.5.1, §5.2.2.2",
    3,
    change,
    play,
    checks,
)
