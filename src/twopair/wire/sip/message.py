"""A SIP message: its start line, its header lines as they came, and its body (RFC 3261 §7).

Text is UTF-8 with surrogateescape, so any bytes come back exactly. Names are indexed once, values are
parsed when somebody asks, and a line that nobody edits is sent as it was received (docs/adr/0006).
Messages are mutable: `copy()` before editing one that came from elsewhere.
"""

import re
from collections.abc import Container, Iterable, Sequence
from itertools import compress
from typing import Final, Self

from twopair.base import WireError
from twopair.wire.sip.cseq import CSeq
from twopair.wire.sip.lists import LWS, first_element, split_list
from twopair.wire.sip.names import ASKED
from twopair.wire.sip.via import Via

_UNCHECKED: Final = -1
_BRANCH_FIRST: Final = re.compile(r"[^\";,]*;branch=([\w.!%*+`'~-]+)(?=[;,]|\Z)", re.ASCII)


def header_line(name: str, value: str) -> str:
    """One header line of our own. A value with a line end in it would be two: that is our mistake."""
    assert "\n" not in value, name
    assert "\r" not in value, name
    return f"{name}: {value}"


def _unfolded(value: str) -> str:
    return " ".join(part.strip(" \t") for part in value.split("\r\n"))


class Message:
    """What requests and responses share: ordered header lines and a body.

    Header names are given in any case; compact forms in the message count as the long name.
    """

    __slots__ = ("_cseq", "_declared", "_lines", "_names", "_via", "body")

    _cseq: CSeq | None
    _declared: int  # Content-Length as written, -1 where that must be seen to
    _lines: list[str]
    _names: list[str]
    _via: Via | None
    body: bytes

    @property
    def start_line(self) -> str:
        """The first line, without its line end."""
        raise AssertionError  # a bare Message is never made

    # reading

    def get(self, name: str) -> str | None:
        """The first value of that header, unfolded and without white space around it, or None."""
        wanted, names = ASKED[name], self._names
        if wanted not in names:
            return None
        value = self._lines[names.index(wanted)].partition(":")[2].strip(" \t\r\n")
        return value if "\n" not in value else _unfolded(value)

    def get_all(self, name: str) -> list[str]:
        """One value per line of that header, in order."""
        wanted = ASKED[name]
        found = self._names.count(wanted)
        if found <= 1:  # the usual case
            return [self._value(self._names.index(wanted))] if found else []
        return [self._value(i) for i, have in enumerate(self._names) if have == wanted]

    def values(self, name: str) -> list[str]:
        """The elements of a list header over all its lines, split at commas (RFC 3261 §7.3.1)."""
        return [element for line in self.get_all(name) for element in split_list(line)]

    def names(self) -> tuple[str, ...]:
        """Canonical names, one per line, in order."""
        return tuple(self._names)

    def headers(self) -> Iterable[tuple[str, str]]:
        """Canonical name and value of each header line, in order."""
        return ((name, self._value(i)) for i, name in enumerate(self._names))

    def lines(self) -> Iterable[tuple[str, str]]:
        """Each header line as it stands, with its canonical name."""
        return zip(self._lines, self._names, strict=True)

    @property
    def octets(self) -> int:
        """About how long the message is on the wire: exact but for the start line and non-ASCII text."""
        return 40 + sum(map(len, self._lines)) + 2 * len(self._lines) + len(self.body)

    @property
    def call_id(self) -> str:
        """The Call-ID. Raises WireError if there is none."""
        value = self.get("Call-ID")
        if not value:
            raise WireError("no Call-ID", 0, "RFC 3261 §8.1.1")
        return value

    @property
    def cseq(self) -> CSeq:
        """Number and method. Raises WireError if absent or garbled."""
        if self._cseq is None:
            self._cseq = CSeq.parse(self.get("CSeq") or "")
        return self._cseq

    @property
    def top_via(self) -> Via:
        """The topmost Via, parsed. Raises WireError if absent or garbled."""
        if self._via is None:
            value = self.get("Via") or ""
            self._via = Via.parse(first_element(value) if "," in value else value)
        return self._via

    @property
    def branch(self) -> str | None:
        """The branch of the topmost Via, without reading the rest where it comes first, as in our own.

        Raises:
            WireError: as `top_via`.
        """
        if self._via is None and "via" in self._names:
            first = _BRANCH_FIRST.match(self._lines[self._names.index("via")])
            if first is not None:
                return first[1]
        return self.top_via.branch

    # editing

    def push(self, name: str, value: str) -> None:
        """Insert a line above the first one of that name, else at the top."""
        wanted = ASKED[name]
        at = self._names.index(wanted) if wanted in self._names else 0
        self._lines.insert(at, header_line(name, value))
        self._names.insert(at, wanted)
        self._forget(wanted)

    def add(self, name: str, value: str) -> None:
        """Append a line at the end of the headers."""
        wanted = ASKED[name]
        self._lines.append(header_line(name, value))
        self._names.append(wanted)
        self._forget(wanted)

    def set(self, name: str, value: str) -> None:
        """Have exactly one line of that name: in place of the first one, else at the end."""
        wanted = ASKED[name]
        if wanted not in self._names:
            self.add(name, value)
            return
        at = self._names.index(wanted)
        self._lines[at] = header_line(name, value)
        if wanted in self._names[at + 1 :]:
            self._drop(wanted, keep=at)
        self._forget(wanted)

    def remove(self, name: str) -> int:
        """Remove all lines of that name; how many there were."""
        wanted = ASKED[name]
        found = self._names.count(wanted)
        if found == 1:
            at = self._names.index(wanted)
            del self._lines[at], self._names[at]
        elif found:
            self._drop(wanted)
        else:
            return 0
        self._forget(wanted)
        return found

    def remove_all(self, names: frozenset[str]) -> None:
        """Remove all lines of these names (canonical: long, lower case) in one pass."""
        if names.isdisjoint(self._names):
            return
        keep = [have not in names for have in self._names]
        self._lines = list(compress(self._lines, keep))
        self._names = list(compress(self._names, keep))
        for name in ("via", "cseq", "content-length"):
            if name in names:
                self._forget(name)

    def pop_value(self, name: str) -> str | None:
        """Remove the first element of a list header (Via, Route) and return it, or None."""
        wanted = ASKED[name]
        while wanted in self._names:
            self._forget(wanted)
            at = self._names.index(wanted)
            value = self._value(at).lstrip(", \t")
            first = first_element(value) if "," in value else value
            rest = value[len(first) :].lstrip(", \t")
            if rest:
                self._lines[at] = f"{self._lines[at].partition(':')[0]}: {rest}"
            else:
                del self._lines[at], self._names[at]
            if first:
                return first.strip(LWS)
        return None

    def declare(self, octets: int) -> None:
        """Take Content-Length as written for right: what is behind so much of the body goes."""
        self._declared = octets
        if octets != len(self.body):
            self.body = self.body[:octets]

    def copy(self) -> Self:
        """An independent message with the same content."""
        raise AssertionError  # a bare Message is never made

    def rebuild(
        self,
        without: Container[str],
        above: Sequence[tuple[str, str]] = (),
        below: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Many edits in one pass, for relays.

        Args:
            without: names (canonical: long, lower case) of which no line stays.
            above: (name, value) of lines put before all others.
            below: (name, value) of lines put after all others.
        """
        keep = [have not in without for have in self._names]
        lines = [f"{name}: {value}" for name, value in above]
        last = [f"{name}: {value}" for name, value in below]
        ours = "".join(lines + last)
        assert "\n" not in ours, ours  # as `header_line`
        assert "\r" not in ours, ours
        lines += compress(self._lines, keep)
        lines += last
        names = [ASKED[name] for name, _ in above]
        names += compress(self._names, keep)
        names += [ASKED[name] for name, _ in below]
        self._lines, self._names, self._via = lines, names, None
        if "cseq" in without:
            self._cseq = None
        if "content-length" in without:
            self._declared = _UNCHECKED

    def to_bytes(self) -> bytes:
        """The message for the wire; Content-Length is put right if the body was changed."""
        if self._declared != len(self.body):
            self.set("Content-Length", str(len(self.body)))
            self._declared = len(self.body)
        head = "\r\n".join([self.start_line, *self._lines, "", ""])
        return head.encode("utf-8", "surrogateescape") + self.body

    def _value(self, at: int) -> str:
        value = self._lines[at].partition(":")[2].strip(" \t\r\n")
        return value if "\n" not in value else _unfolded(value)

    def _drop(self, wanted: str, keep: int = -1) -> None:
        kept = [i for i, have in enumerate(self._names) if have != wanted or i == keep]
        self._lines = [self._lines[i] for i in kept]
        self._names = [self._names[i] for i in kept]

    def _forget(self, name: str) -> None:
        """Drop what was parsed from a header that is being changed."""
        if name == "via":
            self._via = None
        elif name == "cseq":
            self._cseq = None
        elif name == "content-length":
            self._declared = _UNCHECKED


class Request(Message):
    """A request: method and Request-URI before the headers."""

    __slots__ = ("method", "uri", "version")

    def __init__(
        self, method: str, uri: str, lines: list[str], names: list[str], body: bytes,
        declared: int = _UNCHECKED, *, version: str = "SIP/2.0",
    ) -> None:  # fmt: skip
        self._lines, self._names, self._declared, self.body = lines, names, declared, body
        self._cseq = self._via = None
        self.method = method
        self.uri = uri
        self.version = version

    @property
    def start_line(self) -> str:
        """``METHOD uri SIP/2.0``."""
        return f"{self.method} {self.uri} {self.version}"

    def copy(self) -> "Request":
        """An independent message with the same content."""
        new = Request(
            self.method, self.uri, self._lines[:], self._names[:], self.body,
            declared=self._declared, version=self.version,
        )  # fmt: skip
        new._cseq, new._via = self._cseq, self._via
        return new

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri}>"


class Response(Message):
    """A response: status and reason phrase before the headers."""

    __slots__ = ("reason", "status", "version")

    def __init__(
        self, status: int, reason: str, lines: list[str], names: list[str], body: bytes,
        declared: int = _UNCHECKED, *, version: str = "SIP/2.0",
    ) -> None:  # fmt: skip
        self._lines, self._names, self._declared, self.body = lines, names, declared, body
        self._cseq = self._via = None
        self.status = status
        self.reason = reason
        self.version = version

    @property
    def start_line(self) -> str:
        """``SIP/2.0 200 OK``."""
        return f"{self.version} {self.status:03d} {self.reason}"

    def copy(self) -> "Response":
        """An independent message with the same content."""
        new = Response(
            self.status, self.reason, self._lines[:], self._names[:], self.body,
            declared=self._declared, version=self.version,
        )  # fmt: skip
        new._cseq, new._via = self._cseq, self._via
        return new

    def __repr__(self) -> str:
        return f"<{self.status} {self.reason}>"
