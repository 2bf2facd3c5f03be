"""``host``, ``host:port`` and ``[IPv6]:port`` (RFC 3261 §25.1)."""

import re
from typing import Final

from twopair.base import WireError
from twopair.wire.sip.lists import LWS

_HOSTPORT: Final = re.compile(
    r"(?:([\w.-]+)|\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\])(?:[ \t]*:[ \t]*([0-9]{1,5}))?", re.ASCII
)


def parse_hostport(text: str) -> tuple[str, int | None]:
    """Host without brackets, and port or None. Raises WireError for anything else."""
    match = _HOSTPORT.fullmatch(text.strip(LWS))
    if match is None:
        raise WireError("neither host nor host and port", 0, "RFC 3261 §25.1")
    name, address, digits = match.groups()
    port = int(digits) if digits else None
    if port is not None and not 0 < port <= 65535:
        raise WireError("a port that is none", 0, "RFC 3261 §25.1")
    return name or address, port


def print_hostport(host: str, port: int | None) -> str:
    """The same as text, with brackets where the host is an IPv6 address."""
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
