"""home.toml."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from twopair.base import Endpoint, Impu, Port, impu_from_imsi
from twopair.core.aka import Subscriber
from twopair.core.service import FilterCriterion
from twopair.core.service.subscription import check_wildcard
from twopair.live.config import together
from twopair.live.config.credentials import Credentials, PublicIdentity
from twopair.live.config.diameter import Diameter
from twopair.live.config.endpoints import Keys
from twopair.live.config.fields import Address, EndpointText, PortNumber, Seconds, Section, Word
from twopair.live.config.service_entry import ServiceEntry
from twopair.live.diameter.local import CX, Local
from twopair.nodes.homenet import HomeConfig, MemoryStore
from twopair.nodes.homenet.config import LONGEST_S, MOST_FLOWS, Route

FAR: Final = "diameter://"
"""Of an HSS behind Diameter."""


class Node(Section):
    """Table [node]."""

    domain: Word
    name: Word | None = None


class Sip(Section):
    """Table [sip]."""

    address: Address
    port: PortNumber = 5060
    min_expires_s: Seconds = 60
    max_expires_s: Seconds = LONGEST_S
    challenge_refresh: bool = True
    outbound: bool = True
    flows_per_impi: Annotated[int, Field(ge=1, le=MOST_FLOWS)] = 4
    trusted: list[Address] = Field(default_factory=list)
    watchers: list[PublicIdentity] = Field(default_factory=list)


class Hss(Section):
    """Table [hss]."""

    url: str = "memory:"
    algorithm: Literal["AKAv1-MD5", "AKAv2-MD5", "AKAv2-SHA-256"] = "AKAv1-MD5"
    qop: Literal["auth", "none"] = "auth"

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if url.startswith(FAR) and re.fullmatch("[^/]+(/[^/]+)?", url.removeprefix(FAR)):
            return url
        if url != "memory:" and not (url.startswith("sqlite:///") and len(url) > len("sqlite:///")):
            raise ValueError("no such store; give memory:, sqlite:///PATH or diameter://REALM")
        return url

    @property
    def far(self) -> tuple[str, str] | None:
        """Realm and host of an HSS elsewhere, the host empty where any will do; None where it is here."""
        if not self.url.startswith(FAR):
            return None
        realm, _, host = self.url.removeprefix(FAR).partition("/")
        return realm, host


class Admin(Section):
    """Table [admin]."""

    socket: str | None = None


class SubscriberEntry(Credentials):
    """Table [[subscriber]]."""

    aliases: list[PublicIdentity] = Field(default_factory=list)
    barred: list[PublicIdentity] = Field(default_factory=list)
    services: list[Word] = Field(default_factory=list)
    subscription: Word | None = None

    @model_validator(mode="after")
    def _usable(self) -> "SubscriberEntry":
        for impu in self.aliases:
            check_wildcard(impu)
        self.subscriber()
        return self

    def subscriber(self) -> Subscriber:
        """What the HSS keeps; beside aliases, an IMPU derived from the IMSI only registers (UEP-02)."""
        impus = (self.public_identity, *map(Impu, self.aliases))
        derived = self.impu is None or self.impu == (self.imsi and impu_from_imsi(self.imsi, self.mnc_digits))
        barred = {*(impus[:1] if derived and self.aliases else ()), *map(Impu, self.barred)}
        if unknown := sorted(barred - set(impus)):
            raise ValueError(f"{unknown[0]} is barred, and none of its identities; give one of those")
        return Subscriber(
            self.private_identity,
            impus,
            self.keys(),
            frozenset(barred),
            services=tuple(self.services),
            subscription=self.subscription or "",
        )


class RouteEntry(Section):
    """Table [[route]]."""

    domain: Word | None = None
    prefix: Annotated[str, Field(pattern=r"^\+[0-9]+$")] | None = None
    next: EndpointText

    @model_validator(mode="after")
    def _usable(self) -> "RouteEntry":
        self.route()
        return self

    def route(self) -> Route:
        """What the node is told. Raises ValueError unless it has one of domain and prefix."""
        return Route(self.next, self.domain or "", self.prefix or "")


class HomeFile(Section):
    """The whole file."""

    node: Node
    sip: Sip
    hss: Hss = Hss()
    admin: Admin = Admin()
    diameter: Diameter | None = None
    subscriber: list[SubscriberEntry] = Field(default_factory=list)
    route: list[RouteEntry] = Field(default_factory=list)
    service: list[ServiceEntry] = Field(default_factory=list)

    @model_validator(mode="after")
    def _usable(self) -> "HomeFile":
        together.check(self, together.HOME)
        self.config()
        MemoryStore(self.subscribers())  # refuses identities that belong to two
        return self

    def config(self) -> HomeConfig:
        """What the node is told. Raises ValueError for values that do not go together."""
        return HomeConfig(
            domain=self.node.domain,
            address=self.sip.address,
            port=Port(self.sip.port),
            algorithm=self.hss.algorithm,
            qop=self.hss.qop,
            challenge_refresh=self.sip.challenge_refresh,
            outbound=self.sip.outbound,
            flows_per_impi=self.sip.flows_per_impi,
            min_expires_s=self.sip.min_expires_s,
            max_expires_s=self.sip.max_expires_s,
            watchers=tuple(self.sip.watchers),
            routes=tuple(entry.route() for entry in self.route),
            trusted=tuple(self.sip.trusted),
            services=tuple(self.services().items()),
        )

    def services(self) -> dict[str, tuple[FilterCriterion, ...]]:
        """The criteria of each service, by its name."""
        found: dict[str, tuple[FilterCriterion, ...]] = {}
        for entry in self.service:
            found[entry.name] = (*found.get(entry.name, ()), entry.criterion())
        return found

    def endpoints(self) -> Iterator[tuple[Endpoint, Keys]]:
        """What the node binds, and the keys it comes from."""
        sip = self.sip
        yield Endpoint(sip.address, Port(sip.port)), Keys("sip.address", "sip.port", sip.port)

    def local(self) -> Local | None:
        """Who this node is to Diameter peers, None where it has none."""
        return None if self.diameter is None else self.diameter.local(self.node.domain, (CX,))

    def warnings(self) -> Iterator[str]:
        """What is no fault and is seldom meant, each in one line."""
        for n, entry in enumerate(self.subscriber, start=1):
            if said := entry.of_other_network(self.node.domain):
                yield f'subscriber[{n}].imsi = "{entry.imsi}": {said}'

    def subscribers(self) -> tuple[Subscriber, ...]:
        """The entries of the file."""
        return tuple(entry.subscriber() for entry in self.subscriber)
