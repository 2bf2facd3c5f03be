"""``host``, ``host:port`` and ``[IPv6]:port`` (RFC 3261 §25.1)."""

from twopair.base import WireError


def parse_hostport(text: str) -> tuple[str, int | None]:
    """Host without brackets, and port or None. Raises WireError for anything else."""
    text = text.strip()
    if text.startswith("["):
        host, closing, rest = text[1:].partition("]")
        rest = rest.strip()
        if not closing or (rest and not rest.startswith(":")):
            raise WireError("an IPv6 reference that does not end", 0, "RFC 3261 §25.1")
        port = rest[1:].strip() if rest else ""
    else:
        host, colon, port = text.partition(":")
        host, port = host.strip(), port.strip()
        rest = colon
    if not host or any(c in host for c in ' \t\r\n"<>@;,'):
        raise WireError("no host", 0, "RFC 3261 §25.1")
    if not rest:
        return host, None
    if not (port.isascii() and port.isdigit()) or len(port) > 5 or not 0 < int(port) <= 65535:
        raise WireError("not a port", 0, "RFC 3261 §25.1")
    return host, int(port)


def print_hostport(host: str, port: int | None) -> str:
    """The same as text, with brackets where the host is an IPv6 address."""
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
