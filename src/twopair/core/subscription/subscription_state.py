"""Subscription-State, and what a subscriber does when it ends (RFC 6665 §4.1.3, §8.2.3)."""

from enum import Enum
from typing import Final, NamedTuple

from twopair.base import WireError
from twopair.wire.sip import parse_params

_MOST_S: Final = 2**32 - 1


class SubscriptionState(NamedTuple):
    """The value of that header field.

    Args:
        state: ``active``, ``pending``, ``terminated``, or one that is not known here.
        reason: why it has ended, empty where nothing is said.
        expires_s: seconds that are left, None where nothing is said.
        retry_after_s: seconds until the next attempt may be made, None where nothing is said.
    """

    state: str
    reason: str = ""
    expires_s: int | None = None
    retry_after_s: int | None = None

    @classmethod
    def parse(cls, text: str | None) -> "SubscriptionState":
        """Read it. Raises WireError for a value that is none, or missing."""
        state, _, rest = (text or "").partition(";")
        if not state.strip():
            raise WireError("NOTIFY without Subscription-State", 0, "RFC 6665 §8.2.3")
        params = parse_params(rest)
        reason = (params.get("reason") or "").lower()
        return cls(
            state.strip().lower(),
            reason,
            _seconds(params.get("expires")),
            _seconds(params.get("retry-after")),
        )

    @property
    def over(self) -> bool:
        """Whether the subscription has ended."""
        return self.state == "terminated"

    def __str__(self) -> str:
        params = (("reason", self.reason), ("expires", self.expires_s), ("retry-after", self.retry_after_s))
        said = (f";{name}={value}" for name, value in params if value not in {"", None})
        return self.state + "".join(said)


class Next(Enum):
    """What a subscriber does when its subscription has ended."""

    AGAIN = "subscribe again at once"
    LATER = "subscribe again after Retry-After, or after a while"
    NEVER = "do not subscribe again"

    __hash__ = object.__hash__


AFTER_REASON: Final = {
    "deactivated": Next.AGAIN,
    "timeout": Next.AGAIN,
    "probation": Next.LATER,
    "giveup": Next.LATER,
    "rejected": Next.NEVER,
    "noresource": Next.NEVER,
    "invariant": Next.NEVER,
    "": Next.AGAIN,
}
"""By the reason of a final NOTIFY (RFC 6665 §4.1.3); any other reason counts as none."""

AFTER_STATUS: Final = {
    **dict.fromkeys((408, 423, 480, 500, 502, 503, 504), Next.LATER),
    481: Next.AGAIN,
}
"""By the answer to SUBSCRIBE (RFC 6665 §4.1.2.2; 24.229 §5.1.1.3); any other refusal is for good."""

ENDS: Final = frozenset({404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604})
"""Answers to a refresh after which there is no subscription; after others it stands (RFC 6665 §4.1.2.2)."""


def _seconds(text: str | None) -> int | None:
    """A parameter of delta-seconds; one that is none says nothing."""
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    return min(int(text), _MOST_S)
