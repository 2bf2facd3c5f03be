"""``single-pair``: the same run with one pair and with two, and what breaks with one (paper §2.1, §2.2)."""

from collections.abc import Iterable
from functools import partial
from typing import Final, NamedTuple

from twopair.base import Transport
from twopair.demo.acts import act, said_in
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence
from twopair.demo.play import Play
from twopair.demo.record import CORE, Said, SetGone, SetUp
from twopair.demo.scenario import Scenario, as_usual
from twopair.demo.single_pair.layout import Agreement, Layout, Superseded
from twopair.demo.single_pair.parties import Parties, WriteBack
from twopair.demo.single_pair.pcscf import EarlyPcscf
from twopair.demo.single_pair.ue import EarlyUe, Introduce
from twopair.wire.sip import NameAddr, Request, Response, SipUri

PARTIES: Final = 3

TOLD: Final = "{}: UE tells three parties where it is"
FIRST: Final = "{}: each party writes to the UE"
AGAIN: Final = "{}: after a re-registration, each party writes again"


async def play(play: Play) -> None:
    """The same with one pair and with two: tell, be written to, re-register, be written to."""
    for layout in Layout:
        await _with(play, layout)


async def _with(play: Play, layout: Layout) -> None:
    plan, entropy, name = play.plan, play.entropy, _name(layout)
    pcscf = EarlyPcscf(plan.network.pcscf, plan.pcscf.core, plan.home.core, play.transport, entropy)
    play.scene(TOLD.format(name))
    play.put("home", Parties(plan.home.core, plan.pcscf.core, entropy))
    play.put("pcscf", pcscf)
    play.put("ue", EarlyUe(play.transport, entropy))
    _agree(play, layout, 0)
    for number in range(1, PARTIES + 1):
        play.ask("ue", Introduce(f"party{number}@{plan.home.domain}"))
        await play.settle()
    play.scene(FIRST.format(name))
    play.ask("home", WriteBack())
    await play.settle()
    play.scene(AGAIN.format(name))
    _agree(play, layout, 1)
    for host in ("ue", "pcscf"):
        play.ask(host, Superseded())
    play.ask("home", WriteBack())
    await play.settle()


def _agree(play: Play, layout: Layout, generation: int) -> None:
    plan = play.plan
    agreed = Agreement.draw(
        layout,
        generation,
        plan.ues[0].config.address,
        plan.network.pcscf,
        plan.pcscf.algorithms[0],
        play.entropy,
    )
    for host in ("pcscf", "ue"):
        play.ask(host, agreed)


def _name(layout: Layout) -> str:
    return layout.value.capitalize()


class Count(NamedTuple):
    """What was seen in one scene.

    Args:
        asked: requests of remote parties.
        answered: those that a 200 came back for.
        dead: parties whose request names a port at which the UE has no set in the end.
    """

    asked: int
    answered: int
    dead: int


def count(evidence: Evidence, layout: Layout, title: str) -> Count:
    """Requests of remote parties in a scene, as they crossed the core, and their answers."""
    said = [m for m in act(evidence, title.format(_name(layout))) if isinstance(m, Said) and m.link == CORE]
    asked = [m.seen.message for m in said if m.sender.name == "home" and isinstance(m.seen.message, Request)]
    answered = {
        m.seen.message.call_id
        for m in said
        if m.receiver.name == "home" and isinstance(m.seen.message, Response) and m.seen.message.status == 200
    }
    live = _reachable(evidence, layout)
    dead = [request for request in asked if SipUri.parse(request.uri).port not in live]
    return Count(len(asked), sum(request.call_id in answered for request in asked), len(dead))


def _reachable(evidence: Evidence, layout: Layout) -> set[int]:
    """Ports at which the UE has a set in the end, with one layout."""
    ports: list[int] = []
    for title in (TOLD, FIRST, AGAIN):
        for moment in act(evidence, title.format(_name(layout))):
            if isinstance(moment, SetUp) and moment.host.name == "ue":
                ports.append(int(moment.sa_set.ports.us))
            elif isinstance(moment, SetGone) and moment.host.name == "ue":
                ports.remove(int(moment.sa_set.ports.us))
    return set(ports)


def _reached(evidence: Evidence, layout: Layout) -> Finding:
    """Paper §2.1: with one pair a request towards the UE finds no SA for its TCP connection."""
    seen = count(evidence, layout, FIRST)
    lost = seen.asked - seen.answered
    breaks = layout is Layout.ONE_PAIR and evidence.transport is Transport.TCP
    expected = PARTIES if breaks else 0
    faults = (
        [] if (seen.asked, lost) == (PARTIES, expected) else [f"{lost} of {seen.asked} requests were lost"]
    )
    why = ": the P-CSCF opens its connection from a port that no SA has" if breaks else ""
    return Finding(
        faults,
        f"{layout.value}, {evidence.transport.value}: {lost} of {seen.asked} requests to the UE lost{why}",
    )


def _held(evidence: Evidence, layout: Layout) -> Finding:
    """Paper §2.2: with one pair every remote party holds a dead port after a re-registration."""
    seen = count(evidence, layout, AGAIN)
    expected = PARTIES if layout is Layout.ONE_PAIR else 0
    faults = []
    if (seen.asked, seen.dead) != (PARTIES, expected):
        faults.append(f"{seen.dead} of {seen.asked} parties hold a dead port")
    lost = seen.asked - seen.answered
    if lost != expected:
        faults.append(f"{lost} of {seen.asked} requests were lost")
    what = f"{seen.dead} of {seen.asked} remote parties hold a dead port, {lost} requests lost"
    return Finding(faults, f"{layout.value}, after a re-registration: {what}")


def _upward(evidence: Evidence, layout: Layout) -> Finding:
    """Paper §2.1: requests of the UE, and their answers, are well with one pair as with two."""
    said = said_in(evidence, TOLD.format(_name(layout)))
    requests = [s for s in said if isinstance(s.seen.message, Request)]
    answers = [s for s in said if isinstance(s.seen.message, Response)]
    faults = [f"{s.seen.start_line} in the clear" for s in said if s.seen.sa is None]
    if not len(requests) == len(answers) == PARTIES:
        faults.append(f"{len(requests)} requests of the UE, {len(answers)} answers")
    ways = " and ".join(sorted({s.seen.sa or "" for s in said}, reverse=True))
    return Finding(
        faults, f"{layout.value}: {len(answers)} of {len(requests)} requests of the UE answered, over {ways}"
    )


def _ports(evidence: Evidence, layout: Layout) -> Finding:
    """RRG-01: which port of the UE others are told, in the first set and the second."""
    first = [
        SipUri.parse(NameAddr.parse(s.seen.message.get("Contact") or "").uri).port
        for s in said_in(evidence, TOLD.format(_name(layout)))
        if isinstance(s.seen.message, Request)
    ]
    now = _reachable(evidence, layout)
    stays = set(first) == now
    faults = [] if first and stays is (layout is Layout.TWO_PAIRS) else [f"told {first}, reachable at {now}"]
    return Finding(
        faults, f"{layout.value}: told port {first[0] if first else 0}, reachable at {min(now, default=0)}"
    )


def _clear(evidence: Evidence) -> Finding:
    """SA-21: what no SA covers is dropped, not sent in the clear."""
    clear = [p for p in evidence.recording.packets if p.esp is None]
    faults = [f"{p.src} to {p.dst} in the clear" for p in clear]
    if not evidence.recording.packets:
        faults.append("nothing was seen")
    return Finding(faults, f"{len(evidence.recording.packets)} packets on Gm, none in the clear")


def checks(_evidence: Evidence) -> Iterable[Check]:
    """Both of the paper's problems with one pair, neither of them with two."""
    for layout in Layout:
        yield Check("paper §2.1", partial(_upward, layout=layout))
        yield Check("paper §2.1", partial(_reached, layout=layout))
        yield Check("paper §2.2", partial(_ports, layout=layout))
        yield Check("paper §2.2", partial(_held, layout=layout))
    yield Check("SA-21", _clear)


SCENARIO: Final = Scenario(
    "single-pair",
    "what breaks with one SA pair and one UE port, beside the same run with two pairs",
    "TS 33.203 v5.5.0 as in the paper, §2.1, §2.2",
    1,
    as_usual,
    play,
    checks,
)
