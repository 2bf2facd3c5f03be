"""A SIP message: its start line, its header lines as they came, and its body (RFC 3261 §7).

Text is UTF-8 with surrogateescape, so any bytes come back exactly. Names are indexed once, values are
parsed when somebody asks, and a line that nobody edits is sent as it was received (docs/adr/0006).
Messages are mutable: `copy()` before editing one that came from elsewhere.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Final, Self

from twopair.base import WireError
from twopair.wire.sip.cseq import CSeq
from twopair.wire.sip.edit import Edit, header_line
from twopair.wire.sip.lists import LWS, first_element, split_list
from twopair.wire.sip.names import ASKED
from twopair.wire.sip.native import NATIVE, serialise
from twopair.wire.sip.native import value as value_of
from twopair.wire.sip.order import ABSENT, Order, Rest
from twopair.wire.sip.via import Via

_UNCHECKED: Final = -1
_BRANCH_FIRST: Final = re.compile(r"[^\";,]*;branch=([\w.!%*+`'~-]+)(?=[;,]|\Z)", re.ASCII)


def _unfolded(value: str) -> str:
    return " ".join(part.strip(" \t") for part in value.split("\r\n"))


class Message:
    """What requests and responses share: ordered header lines and a body.

    Header names are given in any case; compact forms in the message count as the long name.
    """

    __slots__ = ("_branch", "_cseq", "_declared", "_lines", "_order", "_via", "body")

    _branch: str | None  # where it was found without reading the rest of Via
    _cseq: CSeq | None
    _declared: int  # Content-Length as written, -1 where that must be seen to
    _lines: list[str]
    _order: Order
    _via: Via | None
    body: bytes

    @property
    def start_line(self) -> str:
        """The first line, without its line end."""
        raise AssertionError  # a bare Message is never made

    # reading

    def get(self, name: str) -> str | None:
        """The first value of that header, unfolded and without white space around it, or None."""
        at = self._order.at.get(name)
        if at is None:
            at = self._order.first(name)
        if at < 0:
            return None
        line = self._lines[at]
        if NATIVE and (read := value_of(line)) is not None:
            return read
        value = line.partition(":")[2].strip(" \t\r\n")
        return value if "\n" not in value else _unfolded(value)

    def line(self, name: str) -> str:
        """The first line of that header as it stands, its name and line ends included, or nothing."""
        at = self._order.at.get(name)
        if at is None:
            at = self._order.first(name)
        return "" if at < 0 else self._lines[at]

    def get_all(self, name: str) -> list[str]:
        """One value per line of that header, in order."""
        order = self._order
        at = order.first(name)
        if at < 0:
            return []
        wanted = order.names[at]
        if wanted in order.once:  # the usual case
            return [self._value(at)]
        return [self._value(i) for i, have in enumerate(order.names) if have == wanted]

    def values(self, name: str) -> list[str]:
        """The elements of a list header over all its lines, split at commas (RFC 3261 §7.3.1)."""
        order = self._order
        at = order.first(name)
        if at < 0:
            return []
        if order.names[at] in order.once:
            return split_list(self._value(at))
        return [element for line in self.get_all(name) for element in split_list(line)]

    def names(self) -> tuple[str, ...]:
        """Canonical names, one per line, in order."""
        return self._order.names

    def once(self) -> frozenset[str]:
        """Canonical names of the headers that have one line, no more and no less."""
        return self._order.once

    def headers(self) -> Iterable[tuple[str, str]]:
        """Canonical name and value of each header line, in order."""
        return ((name, self._value(i)) for i, name in enumerate(self._order.names))

    def lines(self) -> Iterable[tuple[str, str]]:
        """Each header line as it stands, with its canonical name."""
        return zip(self._lines, self._order.names, strict=True)

    def extract(self, names: frozenset[str]) -> tuple[list[str], Order]:
        """The lines of these names (canonical: long, lower case) as they stand, and their order."""
        rest = self._order.only(names)
        return list(compress(self._lines, rest.keep)), rest.order

    @property
    def octets(self) -> int:
        """About how long the message is on the wire: exact but for the start line and non-ASCII text."""
        return 40 + len("".join(self._lines)) + 2 * len(self._lines) + len(self.body)

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
        if self._branch is not None:
            return self._branch
        if self._via is None:
            at = self._order.first("via")
            first = _BRANCH_FIRST.match(self._lines[at]) if at >= 0 else None
            if first is not None:
                self._branch = first[1]
                return self._branch
        return self.top_via.branch

    # editing

    def push(self, name: str, value: str) -> None:
        """Insert a line above the first one of that name, else at the top."""
        self._insert(max(self._order.first(name), 0), name, value)

    def add(self, name: str, value: str) -> None:
        """Append a line at the end of the headers."""
        self._insert(len(self._lines), name, value)

    def set(self, name: str, value: str) -> None:
        """Have exactly one line of that name: in place of the first one, else at the end."""
        at = self._order.first(name)
        if at < 0:
            self.add(name, value)
            return
        wanted = ASKED[name]
        self._lines[at] = header_line(name, value)
        if wanted not in self._order.once:
            self._leave(self._order.with_one(wanted, at))
        self._forget(wanted)

    def remove(self, name: str) -> int:
        """Remove all lines of that name; how many there were."""
        at = self._order.first(name)
        if at < 0:
            return 0
        wanted = ASKED[name]
        if wanted in self._order.once:
            self._delete(at)
            found = 1
        else:
            found = self._order.names.count(wanted)
            self._leave(self._order.with_one(wanted, ABSENT))
        self._forget(wanted)
        return found

    def remove_all(self, names: frozenset[str]) -> None:
        """Remove all lines of these names (canonical: long, lower case) in one pass."""
        rest = self._order.without(names)
        if rest.order is self._order:
            return
        self._leave(rest)
        for name in ("via", "cseq", "content-length"):
            if name in names:
                self._forget(name)

    def pop_value(self, name: str) -> str | None:
        """Remove the first element of a list header (Via, Route) and return it, or None."""
        at = self._order.first(name)
        if at < 0:
            return None
        self._forget(self._order.names[at])
        while at >= 0:
            value = self._value(at).lstrip(", \t")
            first = first_element(value) if "," in value else value
            rest = value[len(first) :].lstrip(", \t")
            if rest:
                self._lines[at] = f"{self._lines[at].partition(':')[0]}: {rest}"
            else:
                self._delete(at)
            if first:
                return first.strip(LWS)
            at = self._order.first(name)
        return None

    def restamp(self, via: Via) -> None:
        """Have another topmost Via in place of the one that is there."""
        order = self._order
        if order.first("Via") == 0 and "via" in order.once and "," not in self._lines[0]:
            self._lines[0] = header_line("Via", str(via))
            self._via = via
        else:
            self.pop_value("Via")
            self.push("Via", str(via))

    def declare(self, octets: int) -> None:
        """Take Content-Length as written for right: what is behind so much of the body goes."""
        self._declared = octets
        if octets != len(self.body):
            self.body = self.body[:octets]

    def copy(self) -> Self:
        """An independent message with the same content."""
        raise AssertionError  # a bare Message is never made

    def edit(self, edit: Edit, above: Sequence[str], below: Sequence[str]) -> None:
        """Many edits in one pass, for relays.

        Args:
            edit: what is taken out, and the names of what is put in.
            above: values of the lines put before all others.
            below: values of those put behind all others.
        """
        rest = self._order.edited(edit)
        self._lines = edit.applied(self._lines, rest.keep, above, below)
        self._order = rest.order
        self._via = self._branch = None
        if not edit.keeps_cseq:
            self._cseq = None
        if not edit.keeps_length:
            self._declared = _UNCHECKED

    def to_bytes(self) -> bytes:
        """The message for the wire; Content-Length is put right if the body was changed."""
        if self._declared != len(self.body):
            self.set("Content-Length", str(len(self.body)))
            self._declared = len(self.body)
        if NATIVE and (data := serialise(self.start_line, self._lines, self.body)) is not None:
            return data
        head = "\r\n".join([self.start_line, *self._lines, "", ""])
        return head.encode("utf-8", "surrogateescape") + self.body

    def _value(self, at: int) -> str:
        line = self._lines[at]
        if NATIVE and (read := value_of(line)) is not None:
            return read
        value = line.partition(":")[2].strip(" \t\r\n")
        return value if "\n" not in value else _unfolded(value)

    def _insert(self, at: int, name: str, value: str) -> None:
        wanted = ASKED[name]
        self._lines.insert(at, header_line(name, value))
        self._order = self._order.with_line(at, wanted)
        self._forget(wanted)

    def _delete(self, at: int) -> None:
        del self._lines[at]
        self._order = self._order.without_line(at)

    def _leave(self, rest: Rest) -> None:
        self._lines = list(compress(self._lines, rest.keep))
        self._order = rest.order

    def _forget(self, name: str) -> None:
        """Drop what was parsed from a header that is being changed."""
        if name == "via":
            self._via = self._branch = None
        elif name == "cseq":
            self._cseq = None
        elif name == "content-length":
            self._declared = _UNCHECKED


class Request(Message):
    """A request: method and Request-URI before the headers."""

    __slots__ = ("method", "uri", "version")

    def __init__(
        self, method: str, uri: str, lines: list[str], order: Order, body: bytes,
        declared: int = _UNCHECKED, *, version: str = "SIP/2.0",
    ) -> None:  # fmt: skip
        self._lines = lines
        self._order = order
        self._declared = declared
        self.body = body
        self._branch = None
        self._cseq = None
        self._via = None
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
            self.method, self.uri, self._lines[:], self._order, self.body,
            declared=self._declared, version=self.version,
        )  # fmt: skip
        new._cseq = self._cseq
        new._via = self._via
        new._branch = self._branch
        return new

    def edited(
        self, edit: Edit, above: Sequence[str], below: Sequence[str], branch: str | None = None
    ) -> "Request":
        """A copy with many edits, as by `edit`; `branch` is that of the Via put first, if it is at hand."""
        rest = self._order.edited(edit)
        new = Request(
            self.method, self.uri, edit.applied(self._lines, rest.keep, above, below), rest.order, self.body,
            self._declared if edit.keeps_length else _UNCHECKED, version=self.version,
        )  # fmt: skip
        new._branch = branch
        if edit.keeps_cseq:
            new._cseq = self._cseq
        return new

    def __repr__(self) -> str:
        return f"<{self.method} {self.uri}>"


class Response(Message):
    """A response: status and reason phrase before the headers."""

    __slots__ = ("reason", "status", "version")

    def __init__(
        self, status: int, reason: str, lines: list[str], order: Order, body: bytes,
        declared: int = _UNCHECKED, *, version: str = "SIP/2.0",
    ) -> None:  # fmt: skip
        self._lines = lines
        self._order = order
        self._declared = declared
        self.body = body
        self._branch = None
        self._cseq = None
        self._via = None
        self.status = status
        self.reason = reason
        self.version = version

    @property
    def start_line(self) -> str:
        """``SIP/2.0 200 OK``."""
        status = str(self.status) if self.status > 99 else f"{self.status:03d}"  # texts alone join quickly
        return f"{self.version} {status} {self.reason}"

    def copy(self) -> "Response":
        """An independent message with the same content."""
        new = Response(
            self.status, self.reason, self._lines[:], self._order, self.body,
            declared=self._declared, version=self.version,
        )  # fmt: skip
        new._cseq = self._cseq
        new._via = self._via
        new._branch = self._branch
        return new

    def __repr__(self) -> str:
        return f"<{self.status} {self.reason}>"
