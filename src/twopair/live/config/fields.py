"""Kinds of values in configuration files: what they look like, and what they become."""

import re
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from twopair.base import Endpoint, Port, Secret, Suite, Transport, WireError, canonical_address
from twopair.core.locate import Hop, hop_to, is_name

CONTROLS: Final = r"[\x00-\x1f\x7f-\x9f]"
"""NUL, tab, newline, DEL and their like (C0 and C1)."""

_TRANSPORTS: Final = {"transport=udp": Transport.UDP, "transport=tcp": Transport.TCP}

BackendName = Literal["auto", "kernel", "userspace", "memory"]


class Section(BaseModel):
    """A table of a file: its keys are known, its values have the type they are written with."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _printable(cls, value: object) -> object:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and re.search(CONTROLS, text) for text in texts):
            raise ValueError("has a control character in it; give a text of printable ones")
        return value


def _text(value: object, wanted: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not a text; write {wanted} in quotes")
    return value


def _without_zone(text: str) -> str:
    """The text. Raises ValueError where it names an interface: SIP and SAs know addresses alone."""
    address, zone, _ = text.partition("%")
    if zone:
        rest = "]" + text.partition("]")[2] if "]" in text else ""
        raise ValueError(f"has a zone, which is not for addresses here; give {address}{rest}")
    return text


def _address(value: object) -> str:
    text = _without_zone(_text(value, "an IP address"))
    try:
        return canonical_address(text)
    except WireError:
        raise ValueError("not an IP address; give one such as 10.0.0.1 or 2001:db8::1") from None


def _may_be_either(address: str, port: str) -> bool:
    """Whether ``2001:db8::1:5060`` can be read as a whole, and as an address with a port."""
    if ":" not in address or "[" in address or not re.fullmatch("[0-9]{4}", port) or int(port) < 1024:
        return False
    try:
        canonical_address(address)
        canonical_address(f"{address}:{port}")
    except WireError:
        return False
    return True


def endpoint_of(value: object, usual: str = "5060") -> Endpoint:
    """An endpoint as it is written, with the usual port where none is. Raises ValueError."""
    text = _without_zone(_text(value, "ADDRESS:PORT").removeprefix("sip:"))
    address, colon, port = text.rpartition(":")
    if _may_be_either(address, port):
        raise ValueError(
            f"may be an address, or one with a port; give [{address}]:{port} or [{text}]:{usual}"
        )
    if text.endswith("]") or ((not colon or ":" in address.strip("[]")) and not text.startswith("[")):
        address, port = text, usual
    try:
        number = int(port) if port.isascii() and port.isdigit() else 0
        if not 0 < number < 65536:
            raise ValueError("no such port; give 1 to 65535")
        return Endpoint(canonical_address(address), Port(number))
    except WireError:
        raise ValueError(
            "not an IP address and port; give ADDRESS:PORT, or [ADDRESS]:PORT for IPv6"
        ) from None


def _hop(value: object) -> Hop:
    text = _text(value, "ADDRESS:PORT or a name").removeprefix("sip:")
    host, _, asked = text.partition(";")
    transport = _TRANSPORTS.get(asked.lower())
    if transport is None and asked:
        raise ValueError("not a transport that we have; give ;transport=udp or ;transport=tcp")
    name, colon, port = host.partition(":")
    if not is_name(name.lower().rstrip(".")) or ":" in port:
        endpoint = endpoint_of(host)
        return hop_to(endpoint.address, endpoint.port, transport)
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
    if colon and not 0 < number < 65536:
        raise ValueError("no such port; give 1 to 65535")
    return hop_to(name, number, transport)


def _listening(value: object) -> Endpoint:
    text = _text(value, "ADDRESS:PORT")
    if not re.fullmatch(r"(\[[^]]*\]|[^][:]*):[0-9]+", text):
        raise ValueError("not an IP address and port; give ADDRESS:PORT, or [ADDRESS]:PORT for IPv6")
    return endpoint_of(text)


def _suite(value: object) -> Suite:
    return Suite.parse(_text(value, "ALG/EALG"))


def _secret(value: object) -> Secret:
    try:
        return Secret.from_hex(_text(value, "hexadecimal digits"))
    except ValueError:
        raise ValueError("not octets; give hexadecimal digits, two for each octet") from None


Address = Annotated[str, BeforeValidator(_address)]
"""An IP address, kept in canonical form."""

EndpointText = Annotated[Endpoint, BeforeValidator(endpoint_of)]
"""``10.0.0.1:5060``, ``[2001:db8::1]:5060`` or ``sip:10.0.0.1:5060``; without a port 5060 is meant."""

ListeningText = Annotated[Endpoint, BeforeValidator(_listening)]
"""``127.0.0.1:9464`` or ``[::1]:9464``: where nothing is usual, the port is written."""

HopText = Annotated[Any, BeforeValidator(_hop)]
"""The same, or a name: ``icscf.example.net``, with or without a port, and ``;transport=tcp``."""

NameserverText = Annotated[Endpoint, BeforeValidator(partial(endpoint_of, usual="53"))]
"""An address; without a port 53 is meant."""

HepEndpointText = Annotated[Endpoint, BeforeValidator(partial(endpoint_of, usual="9060"))]
"""Likewise; without a port 9060 is meant."""

SuiteText = Annotated[Suite, BeforeValidator(_suite)]
"""``hmac-sha-1-96/aes-cbc``."""

SecretHex = Annotated[Secret, BeforeValidator(_secret)]
"""Octets in hexadecimal digits that no message shows (AKA-32)."""

SecretText = Annotated[Secret, BeforeValidator(lambda value: Secret(_text(value, "it").encode()))]
"""A password that no message shows."""

PortNumber = Annotated[int, Field(ge=1, le=65535)]

Word = Annotated[str, Field(min_length=1, pattern=r"^\S+$")]
"""A text without spaces."""

Seconds = Annotated[int, Field(ge=1, le=2**31)]


class Ipsec(Section):
    """Table [ipsec]."""

    backend: BackendName = "auto"
    mtu: Annotated[int, Field(ge=1280, le=65535)] = 1500
