"""Kinds of values in configuration files: what they look like, and what they become."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from twopair.base import Endpoint, Port, Secret, Suite, WireError, canonical_address

BackendName = Literal["auto", "kernel", "userspace", "memory"]


class Section(BaseModel):
    """A table of a file: its keys are known, its values have the type they are written with."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )


def _text(value: object, wanted: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not a text; write {wanted} in quotes")
    return value


def _address(value: object) -> str:
    try:
        return canonical_address(_text(value, "an IP address"))
    except WireError:
        raise ValueError("not an IP address; give one such as 10.0.0.1 or 2001:db8::1") from None


def _endpoint(value: object) -> Endpoint:
    text = _text(value, "ADDRESS:PORT").removeprefix("sip:")
    address, colon, port = text.rpartition(":")
    if text.endswith("]") or ((not colon or ":" in address.strip("[]")) and not text.startswith("[")):
        address, port = text, "5060"
    try:
        number = int(port) if port.isascii() and port.isdigit() else 0
        if not 0 < number < 65536:
            raise ValueError("no such port; give 1 to 65535")
        return Endpoint(canonical_address(address), Port(number))
    except WireError:
        raise ValueError(
            "not an IP address and port; give ADDRESS:PORT, or [ADDRESS]:PORT for IPv6"
        ) from None


def _suite(value: object) -> Suite:
    return Suite.parse(_text(value, "ALG/EALG"))


def _secret(value: object) -> Secret:
    try:
        return Secret.from_hex(_text(value, "hexadecimal digits"))
    except ValueError:
        raise ValueError("not octets; give hexadecimal digits, two for each octet") from None


Address = Annotated[str, BeforeValidator(_address)]
"""An IP address, kept in canonical form."""

EndpointText = Annotated[Endpoint, BeforeValidator(_endpoint)]
"""``10.0.0.1:5060``, ``[2001:db8::1]:5060`` or ``sip:10.0.0.1:5060``; without a port 5060 is meant."""

SuiteText = Annotated[Suite, BeforeValidator(_suite)]
"""``hmac-sha-1-96/aes-cbc``."""

SecretHex = Annotated[Secret, BeforeValidator(_secret)]
"""Octets in hexadecimal digits that no message shows (AKA-32)."""

PortNumber = Annotated[int, Field(ge=1, le=65535)]

Word = Annotated[str, Field(min_length=1, pattern=r"^\S+$")]
"""A text without spaces."""

Seconds = Annotated[int, Field(ge=1, le=2**31)]


class Ipsec(Section):
    """Table [ipsec]."""

    backend: BackendName = "auto"
    mtu: Annotated[int, Field(ge=1280, le=65535)] = 1500
