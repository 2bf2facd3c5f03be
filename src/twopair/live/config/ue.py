"""ue.toml."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from twopair.base import DEFAULT_SUITES, Port, Suite, Transport
from twopair.core.aka import CardProfile
from twopair.live.config.credentials import Credentials
from twopair.live.config.fields import (
    Address,
    EndpointText,
    Ipsec,
    PortNumber,
    Seconds,
    Section,
    SuiteText,
)
from twopair.nodes.ue.config import LEAST_S, UeConfig


class Identity(Credentials):
    """Table [identity]."""

    sqn_file: Path | None = Field(default=None, strict=False)

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

    @field_validator("port")
    @classmethod
    def _unprotected(cls, port: int | None, known: ValidationInfo) -> int | None:
        first, last = known.data.get("ports", (0, 0))  # absent where it is a fault itself
        if port is not None and first <= port <= last:
            raise ValueError(f"a protected port; give one outside {first} to {last}")
        return port


class Call(Section):
    """Table [call]: session timers (RFC 4028)."""

    session_expires_s: Annotated[int, Field(ge=0, le=2**31)] = 1800
    min_se_s: Annotated[int, Field(ge=LEAST_S, le=2**31)] = LEAST_S

    @model_validator(mode="after")
    def _ordered(self) -> "Call":
        if 0 < self.session_expires_s < self.min_se_s:
            raise ValueError(f"session_expires_s below min_se_s; give 0, or {self.min_se_s} and more")
        return self


class UeFile(Section):
    """The whole file."""

    identity: Identity
    gm: Gm
    call: Call = Call()
    ipsec: Ipsec = Ipsec()

    @model_validator(mode="after")
    def _usable(self) -> "UeFile":
        self.config()
        return self

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
        )
