"""Header fields by direction: what the P-CSCF puts in, rewrites and takes out (24.229 §5.2; PCS-28)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Self

from twopair.base import WireError
from twopair.core.secagree.strip import OPTION_TAG, strip_sec_agree
from twopair.core.sip.trust import ACCESS, FROM_UE, drop_provided, not_for_ue
from twopair.wire.sip import Message, NameAddr, Request, Response, same_uri, split_list, uri_in

REQUIRED: Final = frozenset({"require", "proxy-require"})
"""Gone in one pass where they ask for nothing but sec-agree, as they usually do."""

Lines = Sequence[tuple[str, str]]
"""Names and values of header lines."""

MAX_FORWARDS: Final = 70
_HOPS: Final = frozenset({"max-forwards"})
DIALOG_METHODS: Final = frozenset({"INVITE", "SUBSCRIBE", "REFER"})
"""Requests that may make a dialog, and so get a Record-Route (PCS-12)."""


class Dropped(NamedTuple):
    """Names of which no line goes on to the core; `all_told` where sec-agree is all that is required."""

    names: frozenset[str]
    all_told: frozenset[str]

    @classmethod
    def and_also(cls, *names: str) -> Self:
        """What a UE may not say, and these, which are said anew."""
        dropped = FROM_UE | set(names)
        return cls(dropped, dropped | REQUIRED)


def from_ue(request: Request, dropped: Dropped, above: Lines, below: Lines, *, demanded: str = "") -> Request:
    """A copy for the core: without what a UE may not say, with lines of ours put first and last (PCS-17).

    An option tag that is `demanded` is added to Require (PCS-01).
    """
    onward = request.copy()
    if (
        request.once() >= REQUIRED
        and request.get("Require") == OPTION_TAG
        and request.get("Proxy-Require") == OPTION_TAG
    ):
        onward.rebuild(dropped.all_told, above, [*below, ("Require", demanded)] if demanded else below)
    else:
        onward.rebuild(dropped.names, above, below)
        strip_sec_agree(onward)
        if demanded:
            _demand(onward, demanded)
    if ACCESS in request.names():
        drop_provided(onward)
    return onward


def answer_from_ue(response: Response, dropped: Dropped, above: Lines, below: Lines) -> None:
    """The same for a response, in place."""
    response.rebuild(dropped.names, above, below)
    if ACCESS in response.names():
        drop_provided(response)


def for_ue(request: Request, above: Lines, below: Lines) -> Request:
    """A copy for a UE without what is the network's own business (PCS-13, PCS-17, PCS-28)."""
    onward = request.copy()
    onward.rebuild(_with_hops(not_for_ue(request)), above, below)
    return onward


@lru_cache(maxsize=64)  # messages have their headers in few orders
def _with_hops(names: frozenset[str]) -> frozenset[str]:
    return names | _HOPS


def clean_for_ue(response: Response) -> None:
    """The same for a response, in place."""
    dropped = not_for_ue(response)
    if dropped:
        response.remove_all(dropped)


def hops_left(request: Request) -> int:
    """Max-Forwards, one more than we would set where it is missing (RFC 3261 §16.3, §16.6).

    Raises:
        WireError: it is no number.
    """
    text = request.get("Max-Forwards")
    if text == "70":  # as whoever sends it first should write (RFC 3261 §8.1.1.6)
        return 70
    if text is None:
        return MAX_FORWARDS + 1
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise WireError("Max-Forwards is no number", 0, "RFC 3261 §20.22")
    return int(text)


def values_of_via(request: Request) -> Sequence[str]:
    """All Via values; as a rule there is one line with one value, which is not parsed."""
    if "via" in request.once():
        value = request.get("Via") or ""
        if "," not in value:
            return (value,)
    return request.values("Via")


def in_dialog(request: Request) -> bool:
    """Whether the request belongs to a dialog: its To has a tag (RFC 3261 §12.2). Raises WireError."""
    to = request.get("To") or ""
    return "tag" in to.lower() and NameAddr.parse(to).tag is not None


def _demand(request: Request, tag: str) -> None:
    """Add an option tag to Require."""
    tags = request.values("Require")
    if tag not in (t.lower() for t in tags):
        request.set("Require", ", ".join([*tags, tag]))


def replace_all(message: Message, name: str, values: Sequence[str]) -> None:
    """Have these lines (at least one) of that name and no others, at the place of the first."""
    message.set(name, values[-1])
    for value in reversed(values[:-1]):
        message.push(name, value)


def rewrite_record_route(response: Response, old: str, new: str) -> None:
    """Our own entry as the other side is to see it, however it is written now (24.229 §5.2.6.4; PCS-12)."""
    routes = response.get_all("Record-Route")
    if routes:
        ours = uri_in(old)
        rewritten = [_with_entry(line, ours, new) for line in routes]
        replace_all(response, "Record-Route", rewritten)


def _with_entry(line: str, ours: str, new: str) -> str:
    """A line with each of its values that is our own put anew; one without such a value stays as it is."""
    values = split_list(line)
    anew = [new if same_uri(uri_in(value), ours) else value for value in values]
    return line if anew == values else ", ".join(anew)
