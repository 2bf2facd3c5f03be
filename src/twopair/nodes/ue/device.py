"""Several registrations of one UE beside each other: flows, and one for emergency (MGU-09; RFC 5626; ADR 12).

Each is a `UserEquipment` with sets, connections and a port range of its own; a port tells whose a packet is.
They are begun one after the other: only the first 200 OK says whether there may be more (RFC 5626 §4.2.1).
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Final

from twopair.base import (
    Endpoint,
    Entropy,
    Micros,
    Received,
    Report,
    StreamClosed,
    StreamOpened,
    Unreachable,
)
from twopair.core.registration.flows import Kind, RegFlow, takes_place_of
from twopair.nodes.actions import Action
from twopair.nodes.events import Event
from twopair.nodes.facts import Registered, RegistrationFailed
from twopair.nodes.ue.card import Card
from twopair.nodes.ue.config import UeConfig
from twopair.nodes.ue.rules import RULES, Rules
from twopair.nodes.ue.shared import Shared
from twopair.nodes.ue.ue import UserEquipment
from twopair.nodes.wishes import Answer, Call, Deregister, HangUp, Register, Say, SendMessage

Came = Received | StreamOpened | StreamClosed | Unreachable

NO_OUTBOUND: Final = "the home network keeps one registration only, its 200 OK says (RFC 5626 §4.2.1)"
TAKEN_PLACE: Final = "another registration of this UE has taken its place"


class Device:
    """One UE with one card and one or more registrations.

    Args:
        configs: one each, the first is preferred; they share the port range of the first.
        card: ISIM or USIM (AKA-18).
        entropy: ports, SPIs, branches, tags come from it.
        rules: what it checks; programs have all of them.

    Raises:
        ValueError: two registrations cannot be told apart by name, or by port.
    """

    def __init__(
        self, configs: Sequence[UeConfig], card: Card, entropy: Entropy, rules: Rules = RULES
    ) -> None:
        shared = Shared()
        self.flows: Final = tuple(
            UserEquipment(config, card, entropy, rules, shared) for config in apart(configs)
        )
        self._waiting: list[UserEquipment] = []

    def feed(self, event: Event, now: Micros) -> Sequence[Action]:
        """Take one event and say what to do, in order."""
        out: list[Action] = []
        if isinstance(event, Register):
            self._waiting = [ue for ue in self.flows if not ue.attempting]
        elif isinstance(event, Deregister):
            self._waiting.clear()
        for ue in self._concerned(event):
            self._feed(ue, event, now, out)
        while self._waiting and not any(ue.attempting for ue in self.flows):
            self._feed(self._waiting.pop(0), Register(), now, out)
        return out

    def next_deadline(self) -> Micros | None:
        """Moment at which `Woke` is to be fed, or None."""
        return min((due for ue in self.flows if (due := ue.next_deadline()) is not None), default=None)

    @property
    def transactions(self) -> int:
        """SIP transactions kept now."""
        return sum(ue.transactions for ue in self.flows)

    def _concerned(self, event: Event) -> Sequence[UserEquipment]:
        """Whom an event is for; what names nobody is for all, most do not mind. They register by turns."""
        if isinstance(event, Register):
            return [ue for ue in self.flows if ue.attempting]  # these know of the wish, and come first
        if isinstance(event, Deregister):
            return [ue for ue in self.flows if ue.active] or self.flows[:1]
        if isinstance(event, Came):
            return [ue for ue in self.flows if _is_at(ue, event.flow.local)][:1]
        if isinstance(event, SendMessage | Call):
            return [self._preferred()]
        if isinstance(event, Answer | Say | HangUp):
            return [next((ue for ue in self.flows if ue.in_call), self._preferred())]
        return self.flows

    def _preferred(self) -> UserEquipment:
        """The registration that own requests go over: an emergency one only where there is no other."""
        usual = [ue for ue in self.flows if not ue.profile.config.sos]
        standing = [ue for ue in usual if ue.registered]
        return (standing or usual or self.flows)[0]

    def _feed(self, ue: UserEquipment, event: Event, now: Micros, out: list[Action]) -> None:
        """Feed one. What it takes the place of is told first: both may have one name, and this one stands."""
        actions = ue.feed(event, now)
        facts = [action.fact for action in actions if isinstance(action, Report)]
        outcomes = [fact for fact in facts if isinstance(fact, Registered | RegistrationFailed)]
        for fact in outcomes:
            if isinstance(fact, Registered):
                self._take_place(ue, fact.flow, now, out)
        out += actions
        for fact in outcomes:
            self._decided(fact, now, out)

    def _take_place(self, ue: UserEquipment, name: RegFlow, now: Micros, out: list[Action]) -> None:
        """What a new registration has replaced at the network is over here, too (MGU-09)."""
        for other in self.flows:
            if other is not ue and other.registered and takes_place_of(name, other.name):
                out += other.give_up(TAKEN_PLACE, now)

    def _decided(self, fact: Registered | RegistrationFailed, now: Micros, out: list[Action]) -> None:
        """Without outbound in a 200 OK no further flow is tried (RFC 5626 §4.2.1)."""
        if isinstance(fact, Registered) and fact.flow.kind is Kind.ALONE:
            for ue in self.flows:
                flow, wanted = ue.profile.config.flow, ue in self._waiting or ue.retries
                if flow.kind is Kind.FLOW and wanted and not ue.registered:
                    out += ue.give_up(NO_OUTBOUND, now)
                    out.append(Report(RegistrationFailed(fact.impi, NO_OUTBOUND, flow=flow)))
            self._waiting = [ue for ue in self._waiting if ue.profile.config.flow.kind is not Kind.FLOW]


def _is_at(ue: UserEquipment, local: Endpoint) -> bool:
    config = ue.profile.config
    return local.address == config.address and (local.port in config.ports or local.port == config.clear_port)


def apart(configs: Sequence[UeConfig]) -> Sequence[UeConfig]:
    """The same, each with a part of the first's port range. Raises ValueError as `Device` does."""
    if len(configs) == 1:
        return configs
    ports, many = configs[0].ports, len(configs)
    size = len(ports) // many
    parted = [replace(c, ports=ports[n * size : (n + 1) * size]) for n, c in enumerate(configs)]
    clear = [(c.address, c.clear_port) for c in parted if c.clear_port is not None]
    if len(set(clear)) < len(clear):
        raise ValueError("flow.port: the same port for two registrations of one address; give each its own")
    if any(takes_place_of(new.flow, stood.flow) for new, stood in permutations(parted, 2)):
        raise ValueError("flow: one takes the place of another; give each a reg_id of its own, or sos = true")
    return parted
