"""Session-Expires and Min-SE: what is asked for, what is granted (RFC 4028 §3, §4, §5, §9)."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

from twopair.base import WireError
from twopair.nodes.ue.config import LEAST_S, UeConfig
from twopair.wire.sip import Message, parse_params

UAC: Final = "uac"
UAS: Final = "uas"

Lines = Sequence[tuple[str, str]]
"""Names and values of header lines."""


class Interval(NamedTuple):
    """What a message says of the session interval.

    Args:
        knows: whether its sender has the extension.
        expires_s: Session-Expires in seconds; None where there is none.
        refresher: ``uac`` or ``uas``, as sender and receiver of the request; empty where nothing is said.
        least_s: Min-SE in seconds.
    """

    knows: bool
    expires_s: int | None
    refresher: str
    least_s: int

    @classmethod
    def of(cls, message: Message) -> Self:
        """Read it. Raises WireError for values that are none."""
        knows = "timer" in (tag.lower() for tag in message.values("Supported") + message.values("Require"))
        value, least = message.get("Session-Expires"), message.get("Min-SE")
        if value is None:
            return cls(knows, None, "", _seconds(least, LEAST_S))
        seconds, _, params = value.partition(";")
        refresher = (parse_params(params).get("refresher") or "").lower()
        if refresher not in {"", UAC, UAS}:
            raise WireError("refresher is neither uac nor uas", 0, "RFC 4028 §4")
        return cls(knows, _seconds(seconds, 0), refresher, _seconds(least, LEAST_S))


NOTHING: Final = Interval(False, None, "", LEAST_S)
"""Of a message that says nothing of it."""


def granted_by(response: Message) -> Interval:
    """What a 2xx to a request of ours says; what cannot be read grants nothing."""
    try:
        return Interval.of(response)
    except WireError:
        return NOTHING


class Grant(NamedTuple):
    """What a 2xx grants: an interval in seconds, and who refreshes."""

    interval_s: int
    refresher: str

    def lines(self, asked: Interval) -> Lines:
        """The header lines of the 2xx; timer is required of who has it (RFC 4028 §9)."""
        require = [("Require", "timer")] if asked.knows else []
        return [("Session-Expires", f"{self.interval_s};refresher={self.refresher}"), *require]


def ask(config: UeConfig, least_s: int, interval_s: int, refresher: str = "") -> Lines:
    """The header lines of a request that begins or refreshes a session (RFC 4028 §7.1, §7.4).

    Args:
        config: of this UE; with ``session_expires_s = 0`` a call begins without an interval.
        least_s: the largest Min-SE that a 422 has named, 0 if none has.
        interval_s: to be asked for.
        refresher: empty in what begins a call: the one called decides.
    """
    least = max(least_s, config.min_se_s)
    lines = [("Min-SE", str(least))]
    if interval_s:
        named = f";refresher={refresher}" if refresher else ""
        lines.append(("Session-Expires", f"{max(interval_s, least)}{named}"))
    return lines


def grant(asked: Interval, config: UeConfig, refresher: str) -> Grant | None:
    """What our 2xx grants; None for nothing (RFC 4028 §9, table 2).

    Args:
        asked: what the request says; not `too_small`.
        config: of this UE.
        refresher: who it is to be where the request leaves that to us.
    """
    if asked.expires_s is None:
        interval = max(config.session_expires_s, asked.least_s) if config.session_expires_s else 0
    else:  # it may be made smaller, not below Min-SE, and never larger
        ours = config.session_expires_s or asked.expires_s
        interval = min(asked.expires_s, max(ours, asked.least_s))
    if not interval:
        return None
    return Grant(interval, (asked.refresher or refresher) if asked.knows else UAS)


def too_small(asked: Interval, config: UeConfig) -> bool:
    """Whether it is answered 422; only one who has the extension understands that (RFC 4028 §9)."""
    return asked.knows and asked.expires_s is not None and asked.expires_s < config.min_se_s


def _seconds(text: str | None, otherwise: int) -> int:
    """The number before any parameters. Raises WireError for what is none."""
    if text is None:
        return otherwise
    digits = text.partition(";")[0].strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise WireError("no number of seconds", 0, "RFC 4028 §4, §5")
    return int(digits)
