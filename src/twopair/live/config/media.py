"""Tables [media] and [policy] of pcscf.toml."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from twopair.base import Endpoint
from twopair.live.config.fields import ListeningText, Section, Word

Wanted = Literal["off", "optional", "required"]


class Media(Section):
    """Table [media]: a relay that calls run over (24.229 §6.7)."""

    relay: Wanted = "off"
    rtpengine: list[ListeningText] = Field(default_factory=list[Endpoint])
    gm_interface: Word = "gm"
    core_interface: Word = "core"


class Policy(Section):
    """Table [policy]: who gives calls their bearers (24.229 §5.2.7)."""

    control: Wanted = "off"
    rx_realm: Word | None = None
    pcf: str | None = None
    listen: ListeningText | None = None
    watch_signalling: bool = False
    timeout_s: Annotated[int, Field(ge=1, le=30)] = 5

    @field_validator("pcf")
    @classmethod
    def _http(cls, root: str | None) -> str | None:
        if root is not None and not root.startswith("http://"):
            raise ValueError("no API root of a PCF; give http://ADDRESS:PORT")
        return root
