"""``reregister``: what changes in a re-registration, what does not, and who moves when (paper §3.3; RRG-)."""

from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise
from typing import Final

from twopair.core.sa import SaSet
from twopair.demo.acts import act, said_in, set_number, sets_of
from twopair.demo.checks import outcome, packets, sets
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence
from twopair.demo.play import Play
from twopair.demo.record import CORE, Said, SetGone, SetUp
from twopair.demo.scenario import Scenario, as_usual
from twopair.wire.sip import NameAddr, Request, SipUri

FIRST: Final = "UE registers"
AGAIN: Final = "UE re-registers, round {}: SM1 and SM6 over the old set, SM7 and SM12 over the new"
BEFORE: Final = (
    "The network writes, round {}: the P-CSCF keeps to the old set, it has heard nothing over the new"
)
AFTER: Final = "UE writes, round {}: the P-CSCF takes the new set into use, and answers there"
DRAINED: Final = "130 s later: the old sets are gone"
ROUNDS: Final = 3


async def play(play: Play) -> None:
    """Register, then three times: re-register, hear from the network, write."""
    play.scene(FIRST)
    await play.register("ue")
    await play.message("ue", play.operator, "over the first set")
    for number in range(1, ROUNDS + 1):
        play.scene(AGAIN.format(number))
        await play.register("ue")
        play.scene(BEFORE.format(number))
        await play.message("home", play.impu(1), "Which set is this?")
        play.scene(AFTER.format(number))
        await play.message("ue", play.operator, "over the new set")
        await play.message("home", play.impu(1), "And this?")
    play.scene(DRAINED)
    await play.wait(130)
    await play.message("home", play.impu(1), "Still there?")
    await play.settle()


def _sets(evidence: Evidence) -> list[SaSet]:
    return sets_of(evidence, evidence.recording.host("ue"))


def _enough(evidence: Evidence) -> list[str]:
    made = len(_sets(evidence))
    return [] if made == ROUNDS + 1 else [f"{made} sets were made, not {ROUNDS + 1}"]


def _server_ports(evidence: Evidence) -> Finding:
    """RRG-01: port_us and port_ps stay."""
    made = _sets(evidence)
    us, ps = {s.ports.us for s in made}, {s.ports.ps for s in made}
    faults = [f"port_us {sorted(us)}, port_ps {sorted(ps)}"] if len(us) > 1 or len(ps) > 1 else []
    ports = f"port_us {min(us, default=0)} and port_ps {min(ps, default=0)}"
    return Finding(_enough(evidence) + faults, f"{len(made)} sets, and always {ports}")


def _client_ports(evidence: Evidence) -> Finding:
    """RRG-02: each set has another port_uc, port_pc and four other SPIs than the one before."""
    made = _sets(evidence)
    faults = [
        f"set {n + 1} has {what} of set {n}"
        for n, (one, other) in enumerate(pairwise(made), 1)
        for what, same in (
            ("port_uc", one.ports.uc == other.ports.uc),
            ("port_pc", one.ports.pc == other.ports.pc),
            ("an SPI", bool(set(one.spis) & set(other.spis))),
        )
        if same
    ]
    ways = ", ".join(f"{s.ports.uc}/{s.ports.pc}" for s in made)
    return Finding(_enough(evidence) + faults, f"port_uc/port_pc {ways}; all SPIs new each time")


def _selectors(evidence: Evidence) -> Finding:
    """RRG-03: sets that live at the same time differ in every selector; a port may come back later."""
    faults = []
    most = 0
    for alive in _alive(evidence):
        most = max(most, len(alive))
        for one, other in combinations(alive, 2):
            if one.ports.uc == other.ports.uc or one.ports.pc == other.ports.pc:
                faults.append(f"two live sets have {one.ports} and {other.ports}")
    if most > 3:
        faults.append(f"{most} sets at a time (MGP-04)")
    pool = sorted({s.ports.pc for s in _sets(evidence)})
    return Finding(
        _enough(evidence) + faults,
        f"at most {most} sets at a time, told apart by ports alone; port_pc out of {pool}",
    )


def _alive(evidence: Evidence) -> Iterator[list[SaSet]]:
    """The UE's sets that live at its end, each time one came or went."""
    alive: list[SaSet] = []
    for moment in evidence.recording.moments:
        if isinstance(moment, SetUp | SetGone) and moment.host.name == "ue":
            alive = [s for s in alive if s is not moment.sa_set]
            if isinstance(moment, SetUp):
                alive.append(moment.sa_set)
            yield alive


def _steps(evidence: Evidence) -> Finding:
    """MGU-02, FLOW-06: SM1 and SM6 go over the set before, SM7 and SM12 over the new one."""
    faults = []
    for number in range(1, ROUNDS + 1):
        found = [
            (s.seen.step, set_number(evidence, s))
            for s in said_in(evidence, AGAIN.format(number))
            if s.seen.step
        ]
        wanted = [("SM1", number), ("SM6", number), ("SM7", number + 1), ("SM12", number + 1)]
        if found != wanted:
            faults.append(f"round {number}: {found}")
    return Finding(faults, f"{ROUNDS} times SM1 and SM6 over the set before, SM7 and SM12 over the new one")


def _who_moves(evidence: Evidence) -> Finding:
    """MGP-02: the P-CSCF's requests change over once it has heard the UE over the new set, not before."""
    faults = []
    for number in range(1, ROUNDS + 1):
        for title, wanted in ((BEFORE, [number]), (AFTER, [number + 1])):
            asked = [
                set_number(evidence, said)
                for said in said_in(evidence, title.format(number))
                if isinstance(said.seen.message, Request) and not said.sender.is_ue
            ]
            if asked != wanted:
                faults.append(f"round {number}, {title.partition(',')[0]}: over set {asked}, not {wanted}")
    return Finding(faults, f"{ROUNDS} times the old set until the UE was heard over the new one, then that")


def _told(evidence: Evidence) -> Finding:
    """RRG-01, MSG-03: whatever the home network was told of the UE has its port_us, always the same."""
    ue = evidence.recording.host("ue")
    ports = {
        SipUri.parse(NameAddr.parse(said.seen.message.get("Contact") or "").uri).port
        for said in evidence.recording.said(CORE)
        if said.receiver.name == "home"
        and isinstance(said.seen.message, Request)
        and said.seen.message.method == "REGISTER"
    }
    wanted = {int(s.ports.us) for s in sets_of(evidence, ue)}
    faults = [] if ports == wanted else [f"Contact had ports {sorted(map(str, ports))}"]
    return Finding(
        faults,
        f"{2 * (ROUNDS + 1)} REGISTERs to the home network, one Contact: port {min(wanted, default=0)}",
    )


def _gone(evidence: Evidence) -> Finding:
    """TMR-03, MGU-05: both ends have let every old set go."""
    gone = [m for m in evidence.recording.moments if isinstance(m, SetGone)]
    faults = [
        f"{name}: {sum(m.host.name == name for m in gone)} sets gone, not {ROUNDS}"
        for name in ("ue", "pcscf")
        if sum(m.host.name == name for m in gone) != ROUNDS
    ]
    last = [
        set_number(evidence, said)
        for said in act(evidence, DRAINED)
        if isinstance(said, Said) and said.seen.sa
    ]
    if not last or set(last) != {ROUNDS + 1}:
        faults.append(f"the last words went over sets {last}")
    return Finding(faults, f"{ROUNDS} old sets gone at both ends, the last words over set {ROUNDS + 1}")


def checks(_evidence: Evidence) -> Iterable[Check]:
    """Server ports stay, client ports and SPIs change, nothing is lost, nothing is left."""
    yield from outcome.REGISTERED
    yield Check("RRG-01", _server_ports)
    yield Check("RRG-01", _told)
    yield Check("RRG-02", _client_ports)
    yield Check("RRG-03", _selectors)
    yield Check("FLOW-06", _steps)
    yield Check("MGP-02", _who_moves)
    yield Check("TMR-03", _gone)
    yield from outcome.ANSWERED
    yield from packets.CLEAR
    yield from sets.STANDING[:2]


SCENARIO: Final = Scenario(
    "reregister",
    "three re-registrations: client ports and SPIs change, server ports stay, nothing is lost",
    "paper §3.3; 33.203 §7.4; 24.229 §5.2.2.2",
    1,
    as_usual,
    play,
    checks,
)
