"""One way in which a registration or a message fails: what triggers it, and what must follow (ERR-)."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from twopair.attack.attack import as_usual
from twopair.attack.defences import Build
from twopair.attack.in_world import WorldStage
from twopair.attack.stage import VICTIM, Stage
from twopair.attack.trial import AFTER_S
from twopair.base import Refused, Suite, Transport
from twopair.core.sa import SaSet, Spis
from twopair.live.lab.plan import LabPlan, usual
from twopair.wire.sip import Response, parse

BOTH = (Transport.UDP, Transport.TCP)
FIRST = (False,)
AGAIN = (True,)
EITHER = (False, True)


class Failure(NamedTuple):
    """One row of the failure table.

    Args:
        id: the row, ``ERR-01``.
        trigger: what goes wrong.
        day: makes it go wrong.
        wire: what victim and P-CSCF say to each other, each message once: ``REGISTER``, ``401`` in the
            clear, ``(REGISTER)``, ``(494)`` over an SA.
        noticed: where it is counted, and under which name of `Refusal` or `Drop` (ERR-32); empty where
            nothing is refused.
        ends_well: whether the user is registered in the end, over a new set.
        registered: whether it happens to a user who is registered already, or both.
        change: what is special about the network.
        suite: the only algorithms of both ends.
        transports: what it is shown with.
        wire_tcp: the same as `wire` where TCP differs: over UDP an answer is lost with a wrong SA2.
    """

    id: str
    trigger: str
    day: Callable[[WorldStage], Awaitable[None]]
    wire: str
    noticed: tuple[str, str]
    ends_well: bool = False
    registered: tuple[bool, ...] = FIRST
    change: Callable[[LabPlan], LabPlan] = as_usual
    suite: Suite | None = None
    transports: tuple[Transport, ...] = BOTH
    wire_tcp: str = ""

    def expected(self, transport: Transport, *, registered: bool) -> str:
        """What must cross Gm. A registered user says all of it over the set that stands."""
        words = (self.wire_tcp if transport is Transport.TCP else "") or self.wire
        if not registered:
            return words
        return " ".join(word if word.startswith("(") else f"({word})" for word in words.split())


class Outcome(NamedTuple):
    """What came of a failure.

    Args:
        failure: which.
        transport: of the UEs.
        registered: whether the user was registered before.
        wire: what crossed Gm.
        faults: what differs from what must be, empty if nothing.
    """

    failure: Failure
    transport: Transport
    registered: bool
    wire: str
    faults: tuple[str, ...]


Sets = dict[str, set[Spis]]


def plan_of(failure: Failure, transport: Transport, ip: int = 4) -> LabPlan:
    """The network in which it happens."""
    algorithms = {"algorithms": (failure.suite,)} if failure.suite else {}
    return failure.change(usual(ip, ues=2, transport=transport, **algorithms))  # type: ignore[arg-type]


def sets_of(stage: Stage) -> Sets:
    """The SA table of both ends, by SPIs: the victim's sets."""
    impi = stage.impi()
    return {n: {s.spis for s in stage[n].sets.values() if s.impi == impi} for n in (VICTIM, "pcscf")}


def dialogue(stage: Stage, start: int) -> str:
    """What victim and P-CSCF said to each other since then, each message once."""
    words: dict[bytes, str] = {}
    victim, plan = stage.plan.ues[0].config.address, stage.plan
    for said in stage.spoken[start:]:
        flow, data = said.flow, said.data
        if victim in (flow.local.address, flow.remote.address):
            message = parse(data)
            word = str(message.status) if isinstance(message, Response) else message.method
            clear = plan.pcscf.gm_port in (flow.local.port, flow.remote.port)
            words[data] = word if clear else f"({word})"
    return " ".join(words.values())


def try_failure(
    failure: Failure, transport: Transport, *, registered: bool = False, ip: int = 4, seed: int = 1
) -> Outcome:
    """Have it happen in virtual time, wait four minutes, and compare with the row."""
    stage = WorldStage(Build(plan_of(failure, transport, ip)), (), seed)
    playing = _happens(failure, stage, transport, registered=registered)
    try:
        playing.send(None)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    raise RuntimeError("virtual time never waits")


async def _happens(failure: Failure, stage: WorldStage, transport: Transport, *, registered: bool) -> Outcome:
    if registered:
        await stage.register()
        await stage.wait(AFTER_S)
    before, start = sets_of(stage), len(stage.spoken)
    await failure.day(stage)
    stage.attacker.begin()
    wire = dialogue(stage, start)
    await stage.wait(AFTER_S)
    expected = failure.expected(transport, registered=registered)
    faults = [] if wire == expected else [f"on Gm: {wire}; expected: {expected}"]
    faults += _wrong_state(failure, stage, before)
    if (registered or failure.ends_well) and not await _serves(stage):
        faults.append("the user can no longer write to itself")
    if not _noticed(failure, stage):
        faults.append(f"{' '.join(failure.noticed)} was not counted")
    return Outcome(failure, transport, registered, wire, tuple(faults))


def _wrong_state(failure: Failure, stage: Stage, before: Sets) -> list[str]:
    """ERR-30, ERR-31: the SA table of both ends is that of before; or the same new one, if all went well."""
    after = sets_of(stage)
    if not failure.ends_well:
        return [
            f"{name}: {len(before[name])} set(s) before, other {len(after[name])} now"
            for name in after
            if after[name] != before[name]
        ]
    same = after[VICTIM] == after["pcscf"] and len(after[VICTIM]) == 1
    return [] if same else ["the two ends do not have one and the same set"]


async def _serves(stage: Stage) -> bool:
    """Whether the registration that stands is of use: requests both ways over its sets."""
    stage[VICTIM].says = lambda data: data
    return await stage.message(VICTIM, stage.impu(1))


def _noticed(failure: Failure, stage: Stage) -> bool:
    """ERR-32: silent drops and refusals are counted under their names."""
    host, name = failure.noticed
    if not name:
        return True
    refused = any(isinstance(f, Refused) and f.refusal.name == name for f in stage[host].facts)
    return refused or stage.drops(host).get(name, 0) > 0


def temporary_spis(stage: Stage) -> set[int]:
    """SPIs of sets that are not confirmed."""
    node = stage["pcscf"]
    confirmed = {s.set_id for s in node.established()}
    sets: list[SaSet] = [s for s in node.sets.values() if s.set_id not in confirmed]
    return {spi for s in sets for spi in s.spis}
