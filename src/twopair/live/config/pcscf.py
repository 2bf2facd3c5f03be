"""pcscf.toml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, cast

from pydantic import Field, PrivateAttr, field_validator, model_validator

from twopair.base import DEFAULT_SUITES, Endpoint, Port, Suite, seconds
from twopair.live.config import together
from twopair.live.config.diameter import Diameter
from twopair.live.config.endpoints import Keys
from twopair.live.config.fields import (
    Address,
    BackendName,
    HepEndpointText,
    HopText,
    Ipsec,
    ListeningText,
    NameserverText,
    PortNumber,
    SecretText,
    Section,
    SuiteText,
    Word,
)
from twopair.live.config.limits import LimitsTable
from twopair.live.config.media import Media, Policy
from twopair.live.config.part import Part, Workers, workers_of
from twopair.nodes.pcscf import PcscfConfig

_STORES = ("memory:", "sqlite:///", "redis://", "rediss://")


class Node(Section):
    """Table [node]."""

    name: Word
    visited_network: Word
    workers: Workers = 1


class Gm(Section):
    """Table [gm]."""

    addresses: Annotated[list[Address], Field(min_length=1)]
    port: PortNumber = 5060
    port_ps: PortNumber = 5062
    port_pc: list[PortNumber] = Field(min_length=3, default_factory=lambda: [5064, 5066, 5068])


class Core(Section):
    """Table [core]."""

    address: Address | None = None
    addresses: list[Address] | None = Field(default=None, min_length=1, max_length=2)
    port: PortNumber = 5060
    registrar: HopText | None = None
    nameservers: list[NameserverText] = Field(default_factory=list, max_length=8)
    mtu: Annotated[int, Field(ge=576, le=65535)] = 1500
    aside_s: Annotated[int, Field(ge=1, le=3600)] = 30

    @property
    def own(self) -> list[str]:
        """Its addresses, the preferred one first."""
        return self.addresses or ([] if self.address is None else [self.address])


class Security(Section):
    """Table [security]."""

    algorithms: list[SuiteText] = Field(min_length=1, default_factory=lambda: list(DEFAULT_SUITES))
    confidentiality: Literal["off", "preferred", "required"] = "preferred"
    legacy: bool = False
    response_after_rekey: Literal["old", "new"] = "old"
    missing_security_verify: Literal["reject", "tolerate"] = "reject"
    foreign_route: Literal["replace", "reject"] = "replace"
    hide_topology: bool = False
    reuse: Literal["reject", "replace"] = "reject"
    pass_on: list[Word] = Field(default_factory=lambda: ["privacy"])
    flows_per_impi: Annotated[int, Field(ge=1, le=32)] = 4


class Store(Section):
    """Table [store]."""

    url: str = "memory:"
    key_file: str | None = None

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        path = url.removeprefix("sqlite:///")
        if not url.startswith(_STORES) or (url == "memory:") is not url.startswith("memory:") or not path:
            raise ValueError("no such store; give memory:, sqlite:///PATH or redis://HOST:PORT")
        return url


class Admin(Section):
    """Table [admin]."""

    drain_s: Annotated[int, Field(ge=0, le=3600)] = 0
    socket: str | None = None
    http: ListeningText | None = None


class Log(Section):
    """Table [log]."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    keys: Path | None = Field(default=None, strict=False)


class Watch(Section):
    """Table [watch]: what others than UEs tell of registrations."""

    reg_event: bool = False


class Export(Section):
    """Table [export]."""

    hep: HepEndpointText | None = None
    capture_id: Annotated[int, Field(ge=0, le=2**32 - 1)] = 1
    auth_key: SecretText | None = None


class Failover(Section):
    """Table [failover]: several hosts, one P-CSCF (ADR 20); none without an instance."""

    instance: Word | None = None
    lease_s: Annotated[float, Field(ge=1, le=60)] = 3.0
    automatic: bool = True
    without_store: Literal["stop", "serve"] = "stop"
    program: str | None = None


class PcscfFile(Section):
    """The whole file, as it is for one of the workers; the first one, if there is no other."""

    node: Node
    gm: Gm
    core: Core
    security: Security = Security()
    limits: LimitsTable = LimitsTable()
    ipsec: Ipsec = Ipsec()
    store: Store = Store()
    media: Media = Media()
    policy: Policy = Policy()
    diameter: Diameter | None = None
    admin: Admin = Admin()
    failover: Failover = Failover()
    log: Log = Log()
    export: Export = Export()
    watch: Watch = Watch()
    _part: Part = PrivateAttr(default_factory=Part)

    @model_validator(mode="after")
    def _usable(self) -> "PcscfFile":
        self.check()
        return self

    def check(self) -> None:
        """Raises ValueError for values that do not go together."""
        together.check(self, together.PCSCF)
        self.config()

    @property
    def part(self) -> Part:
        """Which worker it is for."""
        return self._part

    @property
    def workers(self) -> int:
        """How many there are to be."""
        return workers_of(self.node.workers)

    def for_worker(self, part: Part) -> Self:
        """The same for another worker."""
        found = self.model_copy()
        found.__pydantic_private__ = {"_part": part}
        return found

    @property
    def backend(self) -> BackendName:
        """That of `ipsec.backend`, or what was found for all workers."""
        return cast("BackendName", self.part.backend or self.ipsec.backend)

    @property
    def core_at(self) -> Endpoint:
        """Towards the home network: each worker has a port of its own, which is in the Path of its UEs."""
        return self.cores_at[0]

    @property
    def cores_at(self) -> list[Endpoint]:
        """The same, of each address."""
        port = Port(self.part.port(self.core.port))
        return [Endpoint(address, port) for address in self.core.own]

    def config(self) -> PcscfConfig:
        """What the node is told. Raises ValueError for values that do not go together."""
        return PcscfConfig(
            name=self.node.name,
            visited_network=self.node.visited_network,
            gm_addresses=tuple(self.gm.addresses),
            core=self.core_at,
            registrar=self.core.registrar,
            core_too=self.cores_at[1] if len(self.cores_at) > 1 else None,
            core_mtu=self.core.mtu,
            core_aside=seconds(self.core.aside_s),
            gm_port=Port(self.gm.port),
            port_ps=Port(self.gm.port_ps),
            port_pc=tuple(map(Port, self.gm.port_pc)),
            algorithms=tuple[Suite, ...](self.security.algorithms),
            confidentiality=self.security.confidentiality,
            legacy=self.security.legacy,
            response_after_rekey=self.security.response_after_rekey,
            missing_security_verify=self.security.missing_security_verify,
            foreign_route=self.security.foreign_route,
            hide_topology=self.security.hide_topology,
            reuse=self.security.reuse,
            pass_on=tuple(self.security.pass_on),
            reg_event=self.watch.reg_event,
            anchoring=self.media.relay,
            bearers=self.policy.control,
            signalling_path=self.policy.watch_signalling,
            limits=self.limits.limits(self.security.flows_per_impi),
            share=self.part.share,
        )

    def endpoints(self) -> Iterator[tuple[Endpoint, Keys]]:
        """What the node binds, and the keys it comes from."""
        for core in self.cores_at:
            yield (
                core,
                Keys("core.addresses" if self.core.addresses else "core.address", "core.port", core.port),
            )
        for address in self.gm.addresses:
            for port in self.gm.port_pc:
                yield Endpoint(address, Port(port)), Keys("gm.addresses", "gm.port_pc", port)
            for key in ("port", "port_ps"):
                port = getattr(self.gm, key)
                yield Endpoint(address, Port(port)), Keys("gm.addresses", f"gm.{key}", port)
