"""Octets to a session description, within bounds (RFC 8866 §9; RFC 4566)."""

from typing import Final

from twopair.base import WireError, canonical_address
from twopair.wire.sdp.description import Attribute, Direction, Media, Origin, SessionDescription

MAX_OCTETS: Final = 65_536
MAX_LINES: Final = 2_000
MAX_MEDIA: Final = 64

_TYPES: Final = frozenset("vosiuepcbtrzkam")
_DIRECTIONS: Final = {direction.value: direction for direction in Direction}
_TOO_LONG_A_NUMBER: Final = 20


def parse_sdp(body: bytes) -> SessionDescription:
    """Read a body of type ``application/sdp``.

    Lines may end in CR LF, LF or CR; lines that stand in an unusual order are taken, since proxies of the
    field meet them; what decides where media goes must be right.

    Raises:
        WireError: no description, or one beyond the bounds above.
    """
    if len(body) > MAX_OCTETS:
        raise WireError("a description of that length", MAX_OCTETS, "RFC 8866 §5")
    lines = _lines(body)
    starts = [at for at, line in enumerate(lines) if line[0] == "m"]
    if len(starts) > MAX_MEDIA:
        raise WireError("that many streams", 0, "RFC 8866 §5.14")
    head = lines[: starts[0]] if starts else lines
    session = _Section(head)
    if not head or head[0] != "v=0":
        raise WireError("no version 0 at the start", 0, "RFC 8866 §5.1")
    ends = [*starts[1:], len(lines)]
    media = tuple(_media(lines[start:end], session) for start, end in zip(starts, ends, strict=False))
    return SessionDescription(
        _origin(session), session.address, session.bandwidth, tuple(session.attributes), media
    )


def _lines(body: bytes) -> list[str]:
    text = body.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line]
    if len(lines) > MAX_LINES:
        raise WireError("that many lines", 0, "RFC 8866 §5")
    for line in lines:
        if line[1:2] != "=" or line[0] not in _TYPES:
            raise WireError("a line without its type", 0, "RFC 8866 §5")
    return lines


class _Section:
    """What the lines of a session or of one stream say."""

    def __init__(self, lines: list[str]) -> None:
        self.origin = ""
        self.address = ""
        self.bandwidth: dict[str, int] = {}
        self.attributes: list[Attribute] = []
        for line in lines:
            kind, value = line[0], line[2:]
            if kind == "o":
                self.origin = self.origin or value
            elif kind == "c":
                self.address = self.address or _address(value.split(" "), "RFC 8866 §5.7")
            elif kind == "b":
                self._bandwidth(value)
            elif kind == "a":
                name, _, said = value.partition(":")
                self.attributes.append((name.strip().lower(), said.strip()))

    def _bandwidth(self, value: str) -> None:
        name, colon, amount = value.partition(":")
        if not colon:
            raise WireError("a bandwidth without a value", 0, "RFC 8866 §5.8")
        self.bandwidth.setdefault(name.strip().upper(), _number(amount.strip(), "RFC 8866 §5.8"))

    def direction(self) -> Direction | None:
        """The first direction that is named."""
        return next((_DIRECTIONS[name] for name, _ in self.attributes if name in _DIRECTIONS), None)


def _media(lines: list[str], session: _Section) -> Media:
    words = lines[0][2:].split()
    if len(words) < 4:
        raise WireError("a stream without its four parts", 0, "RFC 8866 §5.14")
    kind, port, protocol, *formats = words
    first, slash, count = port.partition("/")
    section = _Section(lines[1:])
    number = _number(first, "RFC 8866 §5.14")
    ports = _number(count, "RFC 8866 §5.14") if slash else 1
    if not ports or number + 2 * (ports - 1) > 65_535:
        raise WireError("a port beyond 65535", 0, "RFC 8866 §5.14")
    address = section.address or session.address
    if number and not address:
        raise WireError("a stream without an address", 0, "RFC 8866 §5.7")
    return Media(
        kind.lower(),
        number,
        ports,
        protocol.upper(),
        tuple(formats),
        address,
        section.bandwidth,
        tuple(section.attributes),
        section.direction() or session.direction() or Direction.SENDRECV,
        tuple(lines),
    )


def _origin(session: _Section) -> Origin:
    words = session.origin.split()
    if len(words) != 6:
        raise WireError("no origin of six parts", 0, "RFC 8866 §5.2")
    return Origin(words[1], _number(words[2], "RFC 8866 §5.2"), _address(words[3:], "RFC 8866 §5.2"))


def _address(words: list[str], clause: str) -> str:
    """Address of ``IN IP4 192.0.2.1/127/3``, in its usual form; a host name in lower case."""
    words = [word for word in words if word]
    if len(words) != 3 or words[0].upper() != "IN" or words[1].upper() not in {"IP4", "IP6"}:
        raise WireError("no address of the Internet", 0, clause)
    host = words[2].partition("/")[0]
    try:
        return canonical_address(host)
    except WireError:
        if not _named(host):
            raise WireError("neither an address nor a name", 0, clause) from None
        return host.lower()


def _named(host: str) -> bool:
    return bool(host) and host.isascii() and host.replace("-", "").replace(".", "").isalnum()


def _number(text: str, clause: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _TOO_LONG_A_NUMBER:
        raise WireError("no number", 0, clause)
    return int(text)
