"""Header fields by direction: what the P-CSCF puts in, rewrites and takes out (24.229 §5.2; PCS-28)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from twopair.base import WireError
from twopair.core.secagree.strip import asks_only_agreement, strip_sec_agree
from twopair.core.sip.trust import ACCESS, FROM_UE, drop_provided, not_for_ue
from twopair.wire.sip import Edit, Message, NameAddr, Request, Response, same_uri, split_list, uri_in

REQUIRED: Final = frozenset({"require", "proxy-require"})
"""Gone in one pass where they ask for nothing but sec-agree, as they usually do."""

Values = Sequence[str]
"""Of header lines whose names an `Edit` has."""

MAX_FORWARDS: Final = 70
MAX_BREADTH: Final = "60"
"""What a request may be forked into, where it does not say, and at most (RFC 5393 §5.3.3)."""

_HOPS: Final = frozenset({"max-forwards", "max-breadth"})
_PATH: Final = frozenset({"via", "record-route"})
DIALOG_METHODS: Final = frozenset({"INVITE", "SUBSCRIBE", "REFER"})
"""Requests that may make a dialog, and so get a Record-Route (PCS-12)."""


class Anew:
    """What is said anew in what a UE sends to the core: names, for values that are given with each message.

    What a UE may not say goes as well (PCS-17), and sec-agree: Require and Proxy-Require as a whole where
    they ask for nothing else.

    Args:
        without: further names (canonical) of which no line stays.
        above: names of the lines put first.
        below: names of those put last.
        demands: whether an option tag is demanded by a Require of ours, put last of all.
    """

    __slots__ = ("all_told", "some")

    def __init__(
        self,
        *without: str,
        above: tuple[str, ...] = ("Via",),
        below: tuple[str, ...] = (),
        demands: bool = False,
    ) -> None:
        dropped = FROM_UE.union(without)
        self.some = Edit(dropped, above, below)
        self.all_told = Edit(dropped | REQUIRED, above, (*below, "Require") if demands else below)


def from_ue(request: Request, anew: Anew, above: Values, below: Values, *, demanded: str = "") -> Request:
    """A copy for the core: without what a UE may not say, with lines of ours put first and last (PCS-17).

    Args:
        request: as it came.
        anew: which lines are ours.
        above: values of those put first, our Via before all.
        below: values of those put last.
        demanded: an option tag that is added to Require, where `anew` demands one (PCS-01).
    """
    branch = _branch_at_end(above[0])
    if (
        request.once() >= REQUIRED
        and asks_only_agreement(request, "Require")
        and asks_only_agreement(request, "Proxy-Require")
    ):
        onward = request.edited(anew.all_told, above, (*below, demanded) if demanded else below, branch)
    else:
        onward = request.edited(anew.some, above, below, branch)
        strip_sec_agree(onward)
        if demanded:
            _demand(onward, demanded)
    if ACCESS in request.names():
        drop_provided(onward)
    return onward


def answer_from_ue(response: Response, edit: Edit, above: Values, below: Values) -> None:
    """The same for a response, in place."""
    response.edit(edit, above, below)
    if ACCESS in response.names():
        drop_provided(response)


def for_ue(
    request: Request, via: str, route: str, hops: int, breadth: str, *, hides: bool = False
) -> Request:
    """A copy for a UE without what is the network's own business (PCS-13, PCS-17, PCS-28).

    Args:
        request: as the core sent it.
        via: our Via.
        route: our Record-Route, or nothing.
        hops: Max-Forwards.
        breadth: Max-Breadth.
        hides: whether Via and Record-Route of the core are left out (PCS-20).
    """
    gone = not_for_ue(request)
    edit = _for_ue(gone | _PATH if hides else gone, route != "")
    above = (via, route) if route else (via,)
    return request.edited(edit, above, (str(hops), breadth), _branch_at_end(via))


def _branch_at_end(via: str) -> str:
    """The branch of a Via of ours, which ends with it."""
    return via[via.rindex("=") + 1 :]


@lru_cache(maxsize=64)  # messages have their headers in few orders
def _for_ue(gone: frozenset[str], routed: bool) -> Edit:
    return Edit(
        gone | _HOPS, ("Via", "Record-Route") if routed else ("Via",), ("Max-Forwards", "Max-Breadth")
    )


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
    if not (text.isascii() and text.isdigit() and len(text.lstrip("0")) <= 3):  # RFC 4475 §3.1.1.1: 0068
        raise WireError("Max-Forwards is no number", 0, "RFC 3261 §20.22")
    return int(text)


def breadth(request: Request) -> str:
    """Max-Breadth as it goes on (RFC 5393 §5.3.3). Raises WireError for none that can be read."""
    text = request.get("Max-Breadth")
    if text is None:
        return MAX_BREADTH
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise WireError("Max-Breadth is no number", 0, "RFC 5393 §5.3.1")
    return str(min(int(text), int(MAX_BREADTH)))


def passed_hops(request: Request) -> Sequence[str]:
    """The Via values below the topmost; as a rule there is one line with one value, and so none."""
    if "via" in request.once() and "," not in request.line("Via"):
        return ()
    return request.values("Via")[1:]


def in_dialog(request: Request) -> bool:
    """Whether the request belongs to a dialog: its To has a tag (RFC 3261 §12.2). Raises WireError."""
    return "tag" in request.line("To").lower() and NameAddr.parse(request.get("To") or "").tag is not None


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
        ours, token = uri_in(old), old[4 : old.index("@") + 1]
        rewritten = [_with_entry(line, ours, token, new) for line in routes]
        replace_all(response, "Record-Route", rewritten)


def _with_entry(line: str, ours: str, token: str, new: str) -> str:
    """A line with each of its values that is our own put anew; one without such a value stays as it is.

    The user part says whose it is, at whichever of our addresses the core has it.
    """
    values = split_list(line)
    anew = [new if token in value or same_uri(uri_in(value), ours) else value for value in values]
    return line if anew == values else ", ".join(anew)
