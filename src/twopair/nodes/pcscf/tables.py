"""What one P-CSCF keeps, and the numbers it draws; its parts share one `Tables` and nothing else."""

from dataclasses import dataclass, field

from twopair.base import Endpoint, Entropy, Flow, IllegalStep, Micros, token
from twopair.core.sip import TransactionLayer
from twopair.nodes.actions import Action
from twopair.nodes.orders import Drain, Reconfigured
from twopair.nodes.pcscf.agenda import Agenda
from twopair.nodes.pcscf.config import PcscfConfig
from twopair.nodes.pcscf.gm.access import Door, doors
from twopair.nodes.pcscf.gm.load import Load
from twopair.nodes.pcscf.gm.sets import BRANCH, SaTable
from twopair.nodes.pcscf.gm.streams import Streams
from twopair.nodes.pcscf.gm.subscriber import Subscriber, Subscribers
from twopair.nodes.pcscf.media.gate import Gate
from twopair.nodes.pcscf.mw.side import CoreSide
from twopair.nodes.pcscf.register.exchange import Exchange
from twopair.nodes.pcscf.relay.extensions import known_tags
from twopair.nodes.pcscf.relay.sessions import Sessions
from twopair.nodes.pcscf.rules import RULES, Rules
from twopair.nodes.pcscf.traffic import Traffic


@dataclass(slots=True)
class Tables:
    """The state of one P-CSCF.

    Args:
        config: as given at the start, or by `reconfigure`.
        entropy: where tokens and SPIs come from.
        layer: the SIP transactions.
        rules: what is checked.
        touched: registrations of which something that is kept has changed in this event (MGP-14).
        traffic: messages that came and went.
        gate: what descriptions of media pass through, if there is anything.
        pending: REGISTER requests that wait for the core.
        ends_at: when it ends at the latest, once it takes no new registrations; None before.

    Attributes:
        core: where requests towards the core go.
        known_tags: option tags in lower case that Proxy-Require may have (PCS-23).
    """

    config: PcscfConfig
    entropy: Entropy
    layer: TransactionLayer
    rules: Rules = RULES
    sets: SaTable = field(init=False)
    subscribers: Subscribers = field(default_factory=Subscribers)
    agenda: Agenda = field(default_factory=Agenda)
    sessions: Sessions = field(default_factory=Sessions)
    streams: Streams = field(init=False)
    traffic: Traffic = field(default_factory=Traffic)
    gate: Gate | None = None
    load: Load = field(init=False)
    core: CoreSide = field(init=False)
    doors: dict[Endpoint, Door] = field(init=False)
    known_tags: frozenset[str] = field(init=False)
    touched: dict[Subscriber, None] = field(default_factory=dict)
    pending: int = 0
    ends_at: Micros | None = None
    _via: str = field(init=False)
    _branch: str = field(init=False)
    _mark: str = field(init=False)
    _icid: str = field(init=False)
    _ioi: str = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        self.sets = self.rules.table()
        self.streams = Streams(lambda: self.config.limits)
        self.load = self.rules.load(self)
        self.doors = doors(self.config)
        self.known_tags = known_tags(self.config.pass_on)
        config, instance = self.config, token(self.entropy)
        self._mark = f"{instance[:6]}."
        self._via = f"SIP/2.0/UDP {config.core};branch={BRANCH}{instance}"
        self._branch = f"{BRANCH}{instance}"
        self.core = CoreSide(
            lambda: self.config, self.entropy, self.agenda, self.streams, self.layer, self._core_branch
        )
        self._icid = f'icid-value="{instance}'
        self._ioi = f'";icid-generated-at={config.name};orig-ioi="{config.visited_network}"'

    def reconfigure(self, event: Reconfigured, _now: Micros, _out: list[Action]) -> None:
        """Another configuration. Raises IllegalStep for one of another P-CSCF."""
        config = event.config
        if not isinstance(config, PcscfConfig) or config.place != self.config.place:
            raise IllegalStep("the configuration of another P-CSCF")
        self.config = config
        self.known_tags = known_tags(config.pass_on)
        self.core.adjust()

    def drain(self, event: Drain, _now: Micros, _out: list[Action]) -> None:
        """Take no new registrations from now on."""
        self.ends_at = event.until

    def reach(self, flow: Flow, now: Micros, out: list[Action]) -> bool:
        """Whether a connection stands, or is opened now: from port_pc, while its set lives (MSG-06)."""
        if flow in self.streams:
            return True
        door = self.doors.get(flow.local)
        if door is Door.CORE:
            return self.core.reach(flow, now, out)
        live = self.sets.at(flow) if door is Door.CLIENT else None
        if live is not None:
            self.streams.open(flow, live, now, out)
        return live is not None

    def wait(self, exchange: Exchange) -> None:
        """A REGISTER is with the core."""
        self.pending += 1
        self.load.waiting += exchange.live is None

    def wait_no_more(self, exchange: Exchange) -> None:
        """The core has answered it, or will not."""
        self.pending -= 1
        self.load.waiting -= exchange.live is None

    def touch(self, subscriber: Subscriber) -> None:
        """Something that is kept has changed."""
        self.touched[subscriber] = None

    def taken(self, number: int) -> None:
        """A predecessor has given that number."""
        self._number = max(self._number, number)

    def number(self) -> int:
        """The next of the numbers that this node gives to sets, branches and charging identifiers."""
        self._number += 1
        return self._number

    def branch_end(self) -> str:
        """How a branch towards a UE ends: unique over all restarts: the UE knows those of before."""
        return f"{self._mark}{self._digits()}"

    def core_via(self) -> str:
        """A Via towards the core, its branch unique over all restarts (RFC 3261 §8.1.1.7)."""
        return f"{self._via}{self._digits()}"

    def _core_branch(self) -> str:
        self._number += 1
        return f"{self._branch}{self._number:x}"

    def charging(self) -> str:
        """P-Charging-Vector of a new request: globally unique icid, type 1 orig-ioi (PCS-03, PCS-11)."""
        return f"{self._icid}{self._digits()}{self._ioi}"

    def _digits(self) -> str:
        """The next number in hexadecimal: texts alone join quickly once compiled."""
        self._number += 1
        return hex(self._number)[2:]
