"""What the P-CSCF keeps of one subscriber: identities, routes, SA sets (PCS-07, MGP-09)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from twopair.base import Endpoint, Impi, Impu, Micros
from twopair.core.sa import SaSetLife

if TYPE_CHECKING:
    from twopair.nodes.pcscf.sets import LiveSet


class Binding(NamedTuple):
    """One explicitly registered identity.

    Args:
        associated: its P-Associated-URI, the default IMPU first (MGP-09).
        expires_at: end of its registration.
    """

    associated: tuple[Impu, ...]
    expires_at: Micros


class Subscriber:
    """One IMPI with an SA set, registered or about to be.

    Args:
        impi: the string as the UE sent it (Q-14).
        token: names the subscriber in Path and Record-Route; the core sends it back in Route.
        core: where the core reaches us.
        next_hop: where requests without a Service-Route go.

    Attributes:
        sets: all live sets, oldest first; at most three (MGP-04).
        current: the set that own requests go over; None before the first 200 OK.
        latest: the set of the last successful authentication (INT-03).
        impus: explicitly registered identities, each with what was registered with it.
        associated: all identities that may be asserted, the default IMPU first.
        expires_at: end of the last registration; 0 where there is none (MGP-12).
        contact: the contact registered last, as the UE wrote it.
        over_tcp: whether the UE registered over TCP; it is then reached over TCP.
        path: value of Path, and of Record-Route towards the core.
        asserted: P-Asserted-Identity of its requests (PCS-10).
        next_hop: first hop of `service_route`.
        service_route: the stored Service-Route as one Route value, empty without one.
    """

    __slots__ = (
        "asserted",
        "associated",
        "contact",
        "current",
        "expires_at",
        "impi",
        "impus",
        "latest",
        "next_hop",
        "over_tcp",
        "path",
        "service_route",
        "sets",
        "token",
    )

    def __init__(self, impi: Impi, token: str, core: Endpoint, next_hop: Endpoint) -> None:
        self.impi = impi
        self.token = token
        self.sets: list[LiveSet] = []
        self.current: LiveSet | None = None
        self.latest: LiveSet | None = None
        self.impus: dict[Impu, Binding] = {}
        self.associated: tuple[Impu, ...] = ()
        self.expires_at = Micros(0)
        self.contact = ""
        self.over_tcp = False
        self.path = path_uri(token, core)
        self.asserted = ""
        self.next_hop = next_hop
        self.service_route = ""

    @property
    def lives(self) -> Sequence[SaSetLife]:
        """The lives of all its sets, oldest first."""
        return [live.life for live in self.sets]

    def registered(self, now: Micros) -> bool:
        """Whether requests other than REGISTER are taken from it and for it (PCS-09, MGP-12)."""
        return now < self.expires_at

    def bind(self, impu: Impu, binding: Binding) -> None:
        """An identity was registered, or again."""
        self.impus[impu] = binding
        self._gather()

    def unbind(self, impu: Impu) -> None:
        """An identity was de-registered, and those that were registered with it (MGP-09)."""
        gone = [known for known, binding in self.impus.items() if impu == known or impu in binding.associated]
        for known in gone:
            del self.impus[known]
        self._gather()

    def _gather(self) -> None:
        bindings = self.impus.values()
        self.associated = tuple(dict.fromkeys(i for binding in bindings for i in binding.associated))
        self.expires_at = max((binding.expires_at for binding in bindings), default=Micros(0))
        self.asserted = f"<{self.associated[0]}>" if self.associated else ""


def path_uri(token: str, endpoint: Endpoint) -> str:
    """A route back to us that names a subscriber (PCS-01, PCS-12)."""
    return f"<sip:{token}@{endpoint};lr>"


class Subscribers:
    """All subscribers, by IMPI and by token."""

    __slots__ = ("_by_impi", "_by_token")

    def __init__(self) -> None:
        self._by_impi: dict[Impi, Subscriber] = {}
        self._by_token: dict[str, Subscriber] = {}

    def __len__(self) -> int:
        return len(self._by_impi)

    def add(self, subscriber: Subscriber) -> None:
        """Keep a new subscriber."""
        self._by_impi[subscriber.impi] = subscriber
        self._by_token[subscriber.token] = subscriber

    def forget(self, subscriber: Subscriber) -> None:
        """Drop a subscriber that has neither sets nor a registration."""
        self._by_impi.pop(subscriber.impi, None)
        self._by_token.pop(subscriber.token, None)

    def of(self, impi: Impi) -> Subscriber | None:
        """The subscriber with that IMPI."""
        return self._by_impi.get(impi)

    def behind(self, token: str) -> Subscriber | None:
        """The subscriber whose Path or Record-Route has that token (PCS-13)."""
        return self._by_token.get(token)
