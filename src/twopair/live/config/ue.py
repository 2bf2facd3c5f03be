"""ue.toml."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from twopair.base import DEFAULT_SUITES, Endpoint, Port, Suite, Transport
from twopair.core.aka import CardProfile
from twopair.core.registration.flows import LARGEST_REG_ID
from twopair.live.config import together
from twopair.live.config.credentials import Credentials
from twopair.live.config.endpoints import DRAWN, Keys
from twopair.live.config.fields import (
    Address,
    EndpointText,
    Ipsec,
    PortNumber,
    Seconds,
    Section,
    SuiteText,
)
from twopair.nodes.ue.config import INSTANCE, LEAST_S, UeConfig
from twopair.nodes.ue.device import apart

RegId = Annotated[int, Field(ge=1, le=LARGEST_REG_ID)]


class Identity(Credentials):
    """Table [identity]."""

    sqn_file: Path | None = Field(default=None, strict=False)
    instance: Annotated[str, Field(pattern=INSTANCE)] = ""

    def card_profile(self) -> CardProfile:
        """What is written on the card."""
        return CardProfile(self.private_identity, (self.public_identity,), self.home, self.keys())


class Gm(Section):
    """Table [gm]."""

    address: Address
    pcscf: EndpointText
    transport: Literal["udp", "tcp"] = "udp"
    algorithms: list[SuiteText] = Field(min_length=1, default_factory=lambda: list(DEFAULT_SUITES))
    legacy: bool = False
    ports: list[PortNumber] = Field(min_length=2, max_length=2, default_factory=lambda: [10_240, 32_767])
    port: PortNumber | None = None
    expires_s: Seconds = 600_000
    response_after_rekey: Literal["old", "new"] = "old"
    keep_alive: Literal["auto", "crlf", "options", "register", "off"] = "auto"
    keep_alive_s: Seconds = 120
    reg_id: RegId | None = None
    sos: bool = False
    reg_event: bool = False

    @field_validator("port")
    @classmethod
    def _unprotected(cls, port: int | None, known: ValidationInfo) -> int | None:
        first, last = known.data.get("ports", (0, 0))  # absent where it is a fault itself
        if port is not None and first <= port <= last:
            raise ValueError(f"a protected port; give one outside {first} to {last}")
        return port


class Flow(Section):
    """Table [[flow]]: one more registration of the same card (MGU-09); what it does not say is as in [gm]."""

    address: Address | None = None
    pcscf: EndpointText | None = None
    transport: Literal["udp", "tcp"] | None = None
    port: PortNumber | None = None
    expires_s: Seconds | None = None
    reg_id: RegId | None = None
    sos: bool = False

    def of(self, first: UeConfig) -> UeConfig:
        """Its configuration, given that of [gm]. Raises ValueError for values that do not go together."""
        return replace(
            first,
            address=self.address or first.address,
            pcscf=self.pcscf or first.pcscf,
            transport=Transport(self.transport.upper()) if self.transport else first.transport,
            clear_port=None if self.port is None else Port(self.port),
            expires_s=self.expires_s or first.expires_s,
            reg_id=self.reg_id or 0,
            sos=self.sos,
        )


class Call(Section):
    """Table [call]: session timers (RFC 4028), preconditions (RFC 3312)."""

    session_expires_s: Annotated[int, Field(ge=0, le=2**31)] = 1800
    min_se_s: Annotated[int, Field(ge=LEAST_S, le=2**31)] = LEAST_S
    preconditions: bool = False


class UeFile(Section):
    """The whole file."""

    identity: Identity
    gm: Gm
    flow: list[Flow] = Field(default_factory=list)
    call: Call = Call()
    ipsec: Ipsec = Ipsec()

    @model_validator(mode="after")
    def _usable(self) -> "UeFile":
        together.check(self, together.UE)
        apart(self.configs())
        return self

    def endpoints(self) -> Iterator[tuple[Endpoint, Keys]]:
        """What the node binds, and the keys it comes from; protected ports are drawn."""
        for n, config in enumerate(self.configs()):
            own = self.flow[n - 1] if n else self.gm
            section = f"flow[{n}]" if n else "gm"
            address = f"{section if own.address else 'gm'}.address"
            yield Endpoint(config.address, DRAWN), Keys(address, "gm.ports", self.gm.ports)
            if config.clear_port is not None:
                key = f"{section if own.port else 'gm'}.port"
                yield Endpoint(config.address, config.clear_port), Keys(address, key, config.clear_port)

    def warnings(self) -> Iterator[str]:
        """What is no fault and is seldom meant, each in one line."""
        if said := self.identity.of_other_network(self.identity.domain):
            yield f'identity.imsi = "{self.identity.imsi}": {said}'

    def configs(self) -> tuple[UeConfig, ...]:
        """What the node is told of each registration, that of [gm] first. Raises ValueError."""
        first = self.config()
        return (first, *(flow.of(first) for flow in self.flow))

    def config(self) -> UeConfig:
        """What the node is told. Raises ValueError for values that do not go together."""
        first, last = self.gm.ports
        return UeConfig(
            address=self.gm.address,
            pcscf=self.gm.pcscf,
            transport=Transport(self.gm.transport.upper()),
            suites=tuple[Suite, ...](self.gm.algorithms),
            legacy=self.gm.legacy,
            ports=range(first, last + 1),
            clear_port=None if self.gm.port is None else Port(self.gm.port),
            expires_s=self.gm.expires_s,
            response_after_rekey=self.gm.response_after_rekey,
            keep_alive=self.gm.keep_alive,
            keep_alive_s=self.gm.keep_alive_s,
            session_expires_s=self.call.session_expires_s,
            min_se_s=self.call.min_se_s,
            preconditions=self.call.preconditions,
            instance=self.identity.instance,
            reg_id=self.gm.reg_id or 0,
            sos=self.gm.sos,
            reg_event=self.gm.reg_event,
        )
