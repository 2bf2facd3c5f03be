"""What the P-CSCF keeps of each registration: identities, routes, SA sets (PCS-07, MGP-09, MGU-09)."""

from collections.abc import Iterator, Sequence
from itertools import chain
from sys import intern
from typing import TYPE_CHECKING

from twopair.base import Endpoint, Impi, Impu, Micros, Refusal, WireError
from twopair.core.locate import Hop
from twopair.core.registration.flows import ALONE, Kind, RegFlow, is_anew, takes_place_of
from twopair.core.registration.kept import KeptBinding
from twopair.core.sa import SaSetLife, Stage
from twopair.wire.sip import uri_in, uri_key

if TYPE_CHECKING:
    from twopair.nodes.pcscf.gm.sets import LiveSet


class Subscriber:
    """One registration of an IMPI with its SA sets, registered or about to be.

    Most subscribers have one; with `outbound` each flow is one, and an emergency registration always is
    (`twopair.core.registration.flows`). What it has it shares with no other: sets, token, routes, expiry.

    Args:
        impi: the string as the UE sent it (Q-14).
        flow: its name among the registrations of the IMPI.
        token: names it in Path and Record-Route; the core sends it back in Route.
        path: value of Path, and of Record-Route towards the core.
        next_hop: where requests without a Service-Route go.

    Attributes:
        sets: all live sets, oldest first; at most three (MGP-04).
        current: the set that own requests go over; None before the first 200 OK.
        kept: whether something of it is kept beyond this process (MGP-14).
        latest: the set of the last successful authentication (INT-03).
        bindings: explicitly registered identities, each with what was registered with it.
        associated: all identities that may be asserted, the default IMPU first.
        expires_at: end of the last registration; 0 where there is none (MGP-12).
        yielding: the set of an open challenge that is to replace live ones, and is not there yet (RRG-02).
        noted: moment at which the lifetimes of its sets will be looked at.
        contact: the contact registered last, as the UE wrote it.
        over_tcp: whether the UE registered over TCP; it is then reached over TCP.
        next_hop: first hop of `service_route`.
        service_route: the stored Service-Route as one Route value, empty without one.
    """

    __slots__ = (
        "_behind",
        "associated",
        "bindings",
        "contact",
        "current",
        "expires_at",
        "flow",
        "impi",
        "kept",
        "latest",
        "next_hop",
        "noted",
        "over_tcp",
        "service_route",
        "sets",
        "token",
        "yielding",
    )

    def __init__(
        self, impi: Impi, token: str, path: str, next_hop: Hop | None, flow: RegFlow = ALONE
    ) -> None:
        self.impi = impi
        self.flow = flow
        self.token = token
        self._behind = intern(path.removeprefix(f"<sip:{token}"))  # our address, the same for all
        self.sets: list[LiveSet] = []
        self.current: LiveSet | None = None
        self.yielding: LiveSet | None = None
        self.latest: LiveSet | None = None
        self.kept = False
        self.bindings: tuple[KeptBinding, ...] = ()
        self.associated: tuple[Impu, ...] = ()
        self.expires_at = Micros(0)
        self.noted: Micros | None = None
        self.contact = ""
        self.over_tcp = False
        self.next_hop = next_hop
        self.service_route = ""

    @property
    def path(self) -> str:
        """Value of Path, and of Record-Route towards the core."""
        return f"<sip:{self.token}{self._behind}"

    @property
    def lives(self) -> Sequence[SaSetLife]:
        """The lives of all its sets, oldest first."""
        return [live.life for live in self.sets]

    @property
    def asserted(self) -> str:
        """P-Asserted-Identity of its requests (PCS-10)."""
        return f"<{self.associated[0]}>" if self.associated else ""

    @property
    def pending(self) -> bool:
        """Whether it is no more than an attempt: none of its sets has been confirmed."""
        return all(live.life.stage is Stage.TEMPORARY for live in self.sets)

    @property
    def away(self) -> Refusal:
        """What the core is told where it is not reached: others of its flows may stand (RFC 5626 §5.3.1)."""
        return Refusal.FLOW_FAILED if self.flow.kind is Kind.FLOW else Refusal.USER_AWAY

    def registered(self, now: Micros) -> bool:
        """Whether requests other than REGISTER are taken from it and for it (PCS-09, MGP-12)."""
        return now < self.expires_at

    def bind(self, impu: Impu, associated: tuple[Impu, ...], expires_at: Micros) -> None:
        """An identity was registered, or again, however it is written now (RFC 3261 §19.1.4)."""
        key = _key(impu)
        key = next((one for one in associated if one == key), key)  # one text, not two that are equal
        made, known = KeptBinding(key, associated, expires_at), self.bindings
        if any(binding.impu == key for binding in known):
            self.bind_all(tuple(made if binding.impu == key else binding for binding in known))
        else:
            self.bind_all((*known, made))

    def bind_all(self, bindings: tuple[KeptBinding, ...]) -> None:
        """All identities at once."""
        self.bindings = bindings
        self._gather()

    def unbind(self, impu: Impu) -> None:
        """An identity was de-registered, and those that were registered with it (MGP-09)."""
        key = _key(impu)
        self.bind_all(tuple(b for b in self.bindings if key != b.impu and key not in map(_key, b.associated)))

    def identity(self, uri: str) -> Impu | None:
        """The registered identity that a URI names, as it was registered; None for any other (PCS-10)."""
        if uri in self.associated:
            return Impu(uri)
        key = _key(uri)
        return next((impu for impu in self.associated if _key(impu) == key), None)

    def uri_of(self, address: str) -> str:
        """The URI of an address, empty where there is none; that of an identity of its own is not parsed."""
        uri = address[1:-1]
        own = uri in self.associated and address[0] == "<" and address[-1] == ">"
        return uri if own else uri_in(address)

    def _gather(self) -> None:
        bindings = self.bindings
        every = dict.fromkeys(chain.from_iterable([binding.associated for binding in bindings]))
        same = len(bindings) == 1 and len(every) == len(bindings[0].associated)
        self.associated = bindings[0].associated if same else tuple(every)
        self.expires_at = max([binding.expires_at for binding in bindings], default=Micros(0))


def _key(uri: str) -> Impu:
    """What an identity is known by; a text that cannot be read names itself alone."""
    try:
        return Impu(uri_key(uri))
    except WireError:
        return Impu(uri)


def path_uri(token: str, endpoint: Endpoint, *, outbound: bool = False) -> str:
    """A route back to us that names a registration (PCS-01, PCS-12).

    With `outbound` it says that we are the UE's first hop and keep flows apart (RFC 5626 §5.1).
    """
    return f"<sip:{token}@{endpoint};lr{';ob' if outbound else ''}>"


class Subscribers:
    """All registrations, by IMPI and by token; an IMPI has few (`Limits.flows_per_impi`)."""

    __slots__ = ("_by_impi", "_by_token")

    def __init__(self) -> None:
        self._by_impi: dict[Impi, tuple[Subscriber, ...]] = {}
        self._by_token: dict[str, Subscriber] = {}

    def __len__(self) -> int:
        return len(self._by_token)

    def __iter__(self) -> Iterator[Subscriber]:
        return iter(self._by_token.values())

    def add(self, subscriber: Subscriber) -> None:
        """Keep a new registration."""
        self._by_impi[subscriber.impi] = (*self.all_of(subscriber.impi), subscriber)
        self._by_token[subscriber.token] = subscriber

    def forget(self, subscriber: Subscriber) -> None:
        """Drop a registration that has no sets left."""
        others = tuple(other for other in self.all_of(subscriber.impi) if other is not subscriber)
        if others:
            self._by_impi[subscriber.impi] = others
        else:
            self._by_impi.pop(subscriber.impi, None)
        self._by_token.pop(subscriber.token, None)

    def all_of(self, impi: Impi) -> tuple[Subscriber, ...]:
        """Every registration of an IMPI, oldest first."""
        return self._by_impi.get(impi, ())

    def of(self, impi: Impi, flow: RegFlow = ALONE) -> Subscriber | None:
        """The registration of an IMPI that a REGISTER of that name makes anew."""
        for known in self._by_impi.get(impi, ()):
            if is_anew(flow, known.flow):
                return known
        return None

    def meant(self, impi: Impi, flow: RegFlow | None, over: Subscriber | None) -> Subscriber | None:
        """The registration that a REGISTER is about (MGU-09).

        Args:
            impi: whose it is.
            flow: what it asks for; None where it has no Contact to say so.
            over: the registration of the set it came over, None in the clear. It is continued unless
                another one is asked for, which then begins like one in the clear.
        """
        if (
            over is not None
            and over in self.all_of(impi)
            and (flow is None or takes_place_of(flow, over.flow))
        ):
            return over
        return self.of(impi, flow or ALONE)

    def behind(self, token: str) -> Subscriber | None:
        """The registration whose Path or Record-Route has that token (PCS-13)."""
        return self._by_token.get(token)
