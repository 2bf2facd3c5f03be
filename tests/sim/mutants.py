"""Deliberate defects of tables and checks; each must be found by the laws of the simulator."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import NamedTuple

import pytest

from twopair.attack.defences import Build
from twopair.base import Endpoint, Flow, Limit, Micros, Port, Refusal, Send
from twopair.core.esp import HOST_BLOCK, Positions, ReplayWindow
from twopair.core.registration.binding import Asked
from twopair.core.registration.flows import RegFlow
from twopair.core.registration.pcscf_checks import Answered, Check, Proposed
from twopair.core.sa import InstallSas, RemoveSas, SaSetLife, SasInstalled, Stage, Trigger
from twopair.core.secagree import Offer, repeats
from twopair.core.sip import ServerTransaction, Why
from twopair.core.sip.other_client import OTHER_CLIENT
from twopair.core.sip.terms import ClientOn, State
from twopair.nodes import Action, Event, Node
from twopair.nodes.homenet import accepted, registrar
from twopair.nodes.homenet.chains import Chains
from twopair.nodes.homenet.third_party import ThirdParty
from twopair.nodes.pcscf.gm import lives
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.gm.lives import Lives
from twopair.nodes.pcscf.gm.load import Excess, Load
from twopair.nodes.pcscf.gm.sets import SaTable
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.register import confirm
from twopair.nodes.pcscf.register.keeping import Keeping
from twopair.nodes.pcscf.relay import downward, relayed, ways
from twopair.nodes.pcscf.relay.calls import Calls as BooksOfCalls
from twopair.nodes.pcscf.relay.downward import Downward
from twopair.nodes.pcscf.relay.headers import in_dialog
from twopair.nodes.pcscf.tables import Tables
from twopair.nodes.pcscf.watch.told import Told
from twopair.nodes.ue import UserEquipment, device, opening, refreshing, steps
from twopair.nodes.ue.call import Call
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.probe import Probe
from twopair.nodes.ue.reg_event import RegEvent
from twopair.nodes.ue.registrar import Registrar
from twopair.nodes.ue.session import Session
from twopair.nodes.ue.sets import SetTable
from twopair.sim import stored
from twopair.swarm.setting import Variant
from twopair.wire.sip import Request, Response


class Mutant(NamedTuple):
    """One defect.

    Args:
        name: what is wrong.
        laws: those that may be the first to break.
        make: puts it in place; what is not in `Variant` is put back by the fixture.
        seed: a day that showed it, tried first where others that do not would cost seconds.
    """

    name: str
    laws: tuple[str, ...]
    make: Callable[[pytest.MonkeyPatch], Variant]
    seed: int = 0


def without(*names: str) -> Callable[[object], Variant]:
    """Defences of the attack suite that are missing."""
    return lambda _patch: Variant(lambda build: build.without(*names))


def pcscf_rules(**rules: object) -> Callable[[object], Variant]:
    """Other parts for the P-CSCF."""

    def change(build: Build) -> Build:
        return replace(build, pcscf=build.pcscf._replace(**rules))  # type: ignore[arg-type]

    return lambda _patch: Variant(change)


def around(name: str, wrapper: Callable[[Node], Node]) -> Callable[[object], Variant]:
    """Something around the nodes whose names begin like this."""
    return lambda _patch: Variant(around=lambda host, node: wrapper(node) if host.startswith(name) else node)


# checks


def compares_port_uc_only(patch: pytest.MonkeyPatch) -> Variant:
    def judge(e: Answered) -> Refusal | None:
        sent, echoed = (Offer.parse(lines).terms for lines in (e.proposal.offer.lines, e.client))
        same = sent is not None and echoed is not None and sent.port_c == echoed.port_c
        return None if same else Refusal.CLIENT_MISMATCH

    def change(build: Build) -> Build:
        checks = tuple(
            Check(c.requirement, c.clause, judge) if c.requirement == "AGR-31 Security-Client" else c
            for c in build.pcscf.answered
        )
        return replace(build, pcscf=build.pcscf._replace(answered=checks))

    return Variant(change)


def weakest_first(_patch: object) -> Variant:
    def change(build: Build) -> Build:
        pcscf = replace(build.plan.pcscf, algorithms=build.plan.pcscf.algorithms[::-1])
        return replace(build, plan=replace(build.plan, pcscf=pcscf))

    return Variant(change)


# sets


class ReusesPortPc(SaTable):
    """Gives every set the same port_pc."""

    def free_pc(self, pcscf: str, ue: Endpoint, pool: Iterable[Port]) -> Port | None:
        return min(pool)


class KeepsFailed(SaSetLife):
    """A temporary set whose attempt failed, or whose time is up, stays."""

    def feed(self, trigger: Trigger) -> Stage:
        if self.stage is Stage.TEMPORARY and trigger in (Trigger.RELEASED, Trigger.EXPIRED):
            self.expires_at = Micros(1 << 60)
            return self.stage
        return super().feed(trigger)


def never_widens(patch: pytest.MonkeyPatch) -> Variant:
    patch.setattr(ReplayWindow, "accept", lambda _window, _sequence: None)
    return Variant()


def keeps_old_for_ever(patch: pytest.MonkeyPatch) -> Variant:
    patch.setattr(SetTable, "drain", lambda _table, _out: None)
    return Variant()


def same_port_uc(patch: pytest.MonkeyPatch) -> Variant:
    patch.setattr(opening, "draw_port", lambda _entropy, ports, _taken: Port(ports[0]))
    return Variant()


def beside_the_old(patch: pytest.MonkeyPatch) -> Variant:
    """A set with the values of a live one is entered without the other's going."""
    patch.setattr(lives, "repeats", lambda _new, _old: False)
    return Variant()


# registrations


def _by_its_text(asked: Asked, response: Response) -> int:
    """The binding is found by its text alone, and one that is not found has ended."""
    for value in response.values("Contact"):
        uri, _, params = value.partition("<")[2].partition(">")
        if uri == asked.contact and (seconds := params.partition("expires=")[2]).isdigit():
            return int(seconds)
    return 0


def unheard(where: ModuleType) -> Callable[[pytest.MonkeyPatch], Variant]:
    """One end gives a registration up for what a 200 does not say."""

    def make(patch: pytest.MonkeyPatch) -> Variant:
        patch.setattr(where, "granted_s", _by_its_text)
        return Variant()

    return make


def judges_at_once(_patch: object) -> Variant:
    """RRG-02 before the core has asked for a new set."""

    def judge(e: Proposed) -> Refusal | None:
        terms = () if isinstance(e.choice, Refusal) else (e.choice.terms,)
        repeated = any(repeats(new, old) for new in terms for old in e.live_terms)
        return Refusal.PORTS_REUSED if repeated else None

    def change(build: Build) -> Build:
        checks = (*build.pcscf.proposed, Check("RRG-02", "33.203 §7.4", judge))
        return replace(build, pcscf=build.pcscf._replace(proposed=checks))

    return Variant(change)


# several registrations


def everything_gives_way(_new: RegFlow, _stood: RegFlow) -> bool:
    return True


def nothing_gives_way(_new: RegFlow, _stood: RegFlow) -> bool:
    return False


def of_flows(name: str, value: object) -> Callable[[pytest.MonkeyPatch], Variant]:
    """A UE with several registrations, one part of which is otherwise."""

    def make(patch: pytest.MonkeyPatch) -> Variant:
        patch.setattr(device, name, value)
        return Variant()

    return make


def home_has_one(patch: pytest.MonkeyPatch) -> Variant:
    """The registrar confirms flows, and keeps the newest only, and that for emergency."""

    def newest(new: RegFlow, stood: RegFlow) -> bool:
        return new.sos is stood.sos

    patch.setattr(registrar, "takes_place_of", newest)
    return Variant()


def at_a_time(patch: pytest.MonkeyPatch) -> Variant:
    """A UE begins all its registrations at once."""
    patch.setattr(UserEquipment, "attempting", False)
    return Variant()


def leaves_by_one(patch: pytest.MonkeyPatch) -> Variant:
    """The wish to leave is the preferred registration's alone."""
    patch.setattr(UserEquipment, "active", False)
    return Variant()


# limits


class LetsIn(Load):
    """The rates are not looked at."""

    def excess(self, request: Request, flow: Flow, now: Micros, out: list[Action]) -> Excess | None:
        return None


class Challenges(Load):
    """Challenges are not counted."""

    def lack(self, address: str, subscriber: Subscriber | None, now: Micros) -> Limit | None:
        return None

    def make_room(self, address: str, now: Micros, ends: Callable[[Subscriber], None]) -> Limit | None:
        return None


# going on after a kill


def does_nothing(part: type, method: str) -> Callable[[pytest.MonkeyPatch], Variant]:
    """A part of a node without effect."""

    def make(patch: pytest.MonkeyPatch) -> Variant:
        patch.setattr(part, method, lambda *_: None)
        return Variant()

    return make


def to_another_dialog(patch: pytest.MonkeyPatch) -> Variant:
    """PCS-15: what the core says within a dialog goes to whoever comes first."""
    target = Downward._target

    def somebody(downward: Downward, request: Request, now: Micros) -> object:
        found = target(downward, request, now)
        if not isinstance(found, tuple) or not in_dialog(request):
            return found
        others = [one for one in downward._tables.subscribers if one.current and one is not found[0]]
        return (others[0], others[0].current, found[2]) if others else found

    patch.setattr(Downward, "_target", somebody)
    patch.setattr(BooksOfCalls, "spoken_to", lambda *_: None)
    return Variant()


def same_branches(patch: pytest.MonkeyPatch) -> Variant:
    """RFC 3261 §8.1.1.7: branches are numbers that begin anew."""
    patch.setattr(Tables, "branch_end", lambda tables: f"{tables.number():x}")
    return Variant()


def lets_it_go(patch: pytest.MonkeyPatch) -> Variant:
    """MSG-06: a request of which nothing was heard is waited for, and that is all."""
    row = OTHER_CLIENT.table[State.TRYING, ClientOn.FLOW_CLOSED]
    patch.setattr(row, "does", row.does[1:])
    return Variant()


# going on elsewhere


def takes_over(
    positions: Callable[[int, tuple[int, int]], Positions],
) -> Callable[[pytest.MonkeyPatch], Variant]:
    """The next machine goes on at other numbers (ADR 20)."""

    def make(patch: pytest.MonkeyPatch) -> Variant:
        patch.setattr(stored, "taken_over", positions)
        return Variant()

    return make


def at_the_beginning(_owners: int, received: tuple[int, int]) -> Positions:
    return Positions(0, received)


def without_windows(owners: int, _received: tuple[int, int]) -> Positions:
    return Positions(owners * HOST_BLOCK, (0, 0))


# calls


def never(deadline: str) -> Callable[[pytest.MonkeyPatch], Variant]:
    """Session timers with a deadline that never comes."""

    def make(patch: pytest.MonkeyPatch) -> Variant:
        agree = Session.agree

        def without(session: Session, interval_s: int, now: Micros, *, ours: bool) -> None:
            agree(session, interval_s, now, ours=ours)
            setattr(session, deadline, FOREVER)

        patch.setattr(Session, "agree", without)
        return Variant()

    return make


def keeps_what_bye_does_not_end(patch: pytest.MonkeyPatch) -> Variant:
    """A BYE that is refused or not answered changes nothing."""
    lose = Call.lose

    def without(call: Call, why: str, now: Micros, out: list[Action]) -> None:
        if "BYE" not in why:
            lose(call, why, now, out)

    patch.setattr(Call, "lose", without)
    return Variant()


def forgets_to_refresh_again(patch: pytest.MonkeyPatch) -> Variant:
    """A refresh that was answered does not lengthen the interval of who refreshes."""
    patch.setattr(refreshing, "_renewed", lambda *_: None)
    return Variant()


# what nodes do


class Wrapped:
    """A node and something wrong with it."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        return self.node.feed(event, now)

    def next_deadline(self) -> Micros | None:
        return self.node.next_deadline()


class InstallsAfterSm6(Wrapped):
    """Takes a set for installed as soon as it has asked for it, and asks after it has sent SM6."""

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        if isinstance(event, SasInstalled):
            return []
        actions = list(self.node.feed(event, now))
        for install in [action for action in actions if isinstance(action, InstallSas)]:
            actions.remove(install)
            actions += [*self.node.feed(SasInstalled(install.sa_set.set_id), now), install]
        return actions


class ForgetsToRemove(Wrapped):
    """Takes sets out of its own table only."""

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        return [action for action in self.node.feed(event, now) if not isinstance(action, RemoveSas)]


class AcceptsInClear(Wrapped):
    """Sends the first SM12 to the unprotected port that SM1 came from, in the clear."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._clear: dict[str, Flow] = {}

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        actions = list(self.node.feed(event, now))
        for at, action in enumerate(actions):
            if isinstance(action, Send) and action.data.startswith(b"SIP/2.0 401"):
                self._clear[action.flow.remote.address] = action.flow
            elif isinstance(action, Send) and action.data.startswith(b"SIP/2.0 200"):
                actions[at] = Send(self._clear.get(action.flow.remote.address, action.flow), action.data)
        return actions


# ways


def one_way_only(patch: pytest.MonkeyPatch) -> Variant:
    patch.setattr(relayed, "onward", lambda *_: None)
    return Variant()


def no_udp_after_tcp(patch: pytest.MonkeyPatch) -> Variant:
    patch.setitem(ways.ONWARD, Why.NO_STREAM, ways.ONWARD[Why.SILENT])
    return Variant()


def same_dead_set(patch: pytest.MonkeyPatch) -> Variant:
    def again(way: ways.Way, *_: object) -> ways.Way:
        return ways.Way(way.live, way.live.by_udp)

    patch.setattr(relayed, "onward", again)
    return Variant()


def into_the_dead_connection(patch: pytest.MonkeyPatch) -> Variant:
    def as_it_came(answers: Answers, txn: ServerTransaction, *_: object) -> Flow:
        return answers.unprotected_way(txn.request, txn.flow)

    patch.setattr(Answers, "_way_in_clear", as_it_came)
    return Variant()


def never_asks(patch: pytest.MonkeyPatch) -> Variant:
    """MGU-10: silence over the set in use leads to nothing."""
    patch.setattr(Probe, "start", lambda *_: None)
    return Variant()


def asks_and_forgets(patch: pytest.MonkeyPatch) -> Variant:
    """MGU-10: the question is asked, its silence changes nothing."""
    patch.setattr(Probe, "_give_up", lambda self, *_: self.heard())
    return Variant()


# services


def barred_are_associated(patch: pytest.MonkeyPatch) -> Variant:
    patch.setattr(accepted, "associated", lambda profile: profile.impus)
    return Variant()


def servers_hear_twice(patch: pytest.MonkeyPatch) -> Variant:
    tell = ThirdParty.tell

    def twice(self: ThirdParty, *args: object) -> None:
        tell(self, *args)  # type: ignore[arg-type]
        tell(self, *args)  # type: ignore[arg-type]

    patch.setattr(ThirdParty, "tell", twice)
    return Variant()


def servers_hear_nothing(patch: pytest.MonkeyPatch) -> Variant:
    patch.setattr(ThirdParty, "tell", lambda *_args: None)
    return Variant()


def servers_are_asked_again(patch: pytest.MonkeyPatch) -> Variant:
    """A request that comes back goes to the same server."""
    patch.setattr(Chains, "get", lambda _self, _identifier: None)
    return Variant()


# what the network orders


def nobody_is_told_at_the_end(patch: pytest.MonkeyPatch) -> Variant:
    """MGP-11: whose registration is over is sent nothing any more, not even word of it."""
    patch.setattr(downward, "PARTING", frozenset())
    return Variant()


def a_ue_keeps_its_sets(patch: pytest.MonkeyPatch) -> Variant:
    """MGU-13: the sets of what was ended are forgotten, and stay."""

    def keep(reg_event: RegEvent, _out: list[Action]) -> None:
        reg_event._parting, reg_event._until = [], FOREVER

    patch.setattr(RegEvent, "_part", keep)
    return Variant()


MUTANTS = (
    Mutant("barred identities are associated", ("BARRED",), barred_are_associated),
    Mutant("servers hear of a registration twice", ("TOLD",), servers_hear_twice),
    Mutant("servers do not hear of registrations", ("TOLD",), servers_hear_nothing),
    Mutant("servers get back what they gave back", ("REACHED", "CALLED", "SET_UP"), servers_are_asked_again),
    Mutant(
        "Security-Client of SM7 is not compared", ("OFFERED", "STRONGEST"), without("AGR-31 Security-Client")
    ),
    Mutant(
        "Security-Verify of SM7 is not compared",
        ("OFFERED", "STRONGEST"),
        without("AGR-31 Security-Verify"),
        seed=33,
    ),
    Mutant("SM7 is compared by port_uc only", ("OFFERED", "STRONGEST"), compares_port_uc_only),
    Mutant("the weakest algorithm is chosen", ("STRONGEST",), weakest_first),
    Mutant("the card accepts any SQN", ("KEYS",), without("AKA-14"), seed=33),
    Mutant("the card does not check the MAC", ("GENUINE",), without("AKA-11"), seed=15),
    Mutant("ck and ik reach the UE", ("SECRET",), without("AKA-31")),
    Mutant("the replay window never moves", ("ONCE",), never_widens),
    Mutant("replayed packets are delivered", ("ONCE",), without("SA-06")),
    Mutant("the ICV is not checked", ("ONCE",), without("SA-02"), seed=42),
    Mutant("protected ports take clear text", ("CLOSED",), without("SA-21")),
    Mutant("port_pc is used again", ("PORTS", "STEPS"), pcscf_rules(table=ReusesPortPc)),
    Mutant("port_uc is used again", ("PORTS", "REGISTERED"), same_port_uc),
    Mutant(
        "no limit of sets per registration", ("THREE", "REGISTERED"), without("MGP-04", "MGP-05"), seed=11
    ),
    Mutant("temporary sets are kept after a failure", ("ONE_SET", "BELIEF"), pcscf_rules(life=KeepsFailed)),
    Mutant("the P-CSCF keeps old sets", ("ONE_SET", "THREE", "REGISTERED"), without("TMR-03")),
    Mutant("the UE keeps old sets", ("ONE_SET", "THREE"), keeps_old_for_ever),
    Mutant("SM6 is sent before the set is installed", ("FIRST_SA",), around("pcscf", InstallsAfterSm6)),
    Mutant("the P-CSCF forgets to remove sets", ("BELIEF",), around("pcscf", ForgetsToRemove)),
    Mutant("the UE forgets to remove sets", ("BELIEF",), around("ue", ForgetsToRemove)),
    Mutant("a request to a UE goes one way only", ("FOUND",), one_way_only),
    Mutant("TCP that is refused is not followed by UDP", ("FOUND",), no_udp_after_tcp),
    Mutant("a request is repeated over the same dead set", ("FOUND", "QUEUES"), same_dead_set),
    Mutant("an answer goes into a dead connection", ("STANDS",), into_the_dead_connection),
    Mutant("a set with old values comes beside the old one", ("PORTS", "STEPS"), beside_the_old, seed=12),
    Mutant("old values are refused at once", ("FORWARDED",), judges_at_once),
    Mutant("the P-CSCF finds a binding by its text", ("KEPT",), unheard(confirm)),
    Mutant("the UE finds a binding by its text", ("KEPT",), unheard(steps)),
    Mutant("every REGISTER in the clear is let in", ("BOUNDED", "SERVED"), pcscf_rules(load=LetsIn)),
    Mutant("challenges in the clear are not counted", ("BOUNDED",), pcscf_rules(load=Challenges)),
    Mutant("SM12 is sent in the clear", ("CLEAR",), around("pcscf", AcceptsInClear)),
    Mutant("a UE never asks whether its set lives", ("RECOVERED",), never_asks),
    Mutant("an answer is waited for in vain, and nothing follows", ("RECOVERED",), asks_and_forgets),
    Mutant(
        "a flow takes the place of all at the P-CSCF",
        ("ONE_SET", "REGISTERED", "RESUMED"),
        pcscf_rules(takes_place_of=everything_gives_way),
    ),
    Mutant(
        "the only registration leaves others at the P-CSCF",
        ("ONE_SET", "AGREED"),
        pcscf_rules(takes_place_of=nothing_gives_way),
        seed=126,
    ),
    Mutant("the registrar keeps one of several flows", ("AGREED", "FOUND", "ONE_SET"), home_has_one),
    Mutant("a UE keeps what was replaced", ("ONE_SET",), of_flows("takes_place_of", nothing_gives_way)),
    Mutant("all packets are the first registration's", ("REGISTERED",), of_flows("_is_at", lambda *_: True)),
    Mutant("all registrations are attempted at a time", ("REGISTERED", "ONE_SET"), at_a_time, seed=260),
    Mutant("who leaves leaves one registration", ("LEAKED", "AGREED"), leaves_by_one),
    Mutant("what changes is not kept", ("STORED",), does_nothing(Tables, "touch")),
    Mutant("what was kept is not taken up", ("STORED", "RESUMED"), does_nothing(Keeping, "recall")),
    Mutant("sets that were taken up rest", ("RESUMED", "LEAKED"), does_nothing(Lives, "resume")),
    Mutant("a successor uses branches of before", ("RESUMED", "FOUND"), same_branches),
    Mutant("what went down with a killed peer is not sent again", ("RESUMED",), lets_it_go),
    Mutant("the next machine begins its numbers anew", ("NUMBERS",), takes_over(at_the_beginning)),
    Mutant("the next machine has no windows", ("ONCE",), takes_over(without_windows)),
    Mutant("a session is never over", ("LEAKED",), does_nothing(BooksOfCalls, "end")),
    Mutant("the core speaks in another's dialog", ("DIALOG", "HELD"), to_another_dialog),
    Mutant("no refresh is ever sent", ("HELD", "CALLS"), never("_due_at")),
    Mutant("the end of a session interval is ignored", ("LOST", "CALLS"), never("ends_at")),
    Mutant("an answer to a refresh counts for nothing", ("HELD", "CALLS"), forgets_to_refresh_again),
    Mutant("the P-CSCF keeps what the network has ended", ("ENDED",), does_nothing(Told, "dismiss"), seed=23),
    Mutant("its sets live on at the P-CSCF", ("ENDED",), does_nothing(Lives, "shorten"), seed=23),
    Mutant("its sets live on at the UE", ("ENDED",), a_ue_keeps_its_sets, seed=23),
    Mutant("a UE is not told of its end", ("ENDED",), nobody_is_told_at_the_end, seed=23),
    Mutant("a UE does not heed a shortened end", ("RENEWED",), does_nothing(Registrar, "shorten"), seed=23),
    Mutant("a BYE in vain keeps the call", ("CALLS", "HELD"), keeps_what_bye_does_not_end),
)
