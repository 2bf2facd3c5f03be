"""The notifier's end of one subscription: a value that its owner moves (RFC 6665 §4.2)."""

from mypy_extensions import mypyc_attr

from twopair.base import Micros, seconds
from twopair.core.sip.dialog import Dialog
from twopair.core.subscription.subscription_state import SubscriptionState


@mypyc_attr(allow_interpreted_subclasses=True)
class Notifying:
    """One subscription, at the notifier.

    Args:
        dialog: where NOTIFY requests go.
        expires_at: when it ends, unless it is refreshed.
        number: CSeq of the latest SUBSCRIBE.

    Attributes:
        version: of the next document.
        asked: whether a NOTIFY has gone that is not answered; the next one waits for its answer.
        over: why it has ended, empty while it stands.
    """

    __slots__ = ("_sent", "asked", "dialog", "expires_at", "number", "over", "version")

    def __init__(self, dialog: Dialog, expires_at: Micros, number: int) -> None:
        self.dialog = dialog
        self.expires_at = expires_at
        self.number = number
        self.version = 0
        self.asked = False
        self.over = ""
        self._sent = 0

    def refresh(self, number: int, expires_at: Micros) -> None:
        """A further SUBSCRIBE came (RFC 6665 §4.2.1.2)."""
        self.number = number
        self.expires_at = expires_at

    def state(self, now: Micros) -> SubscriptionState:
        """What its next NOTIFY says of it."""
        if self.over:
            return SubscriptionState("terminated", self.over)
        return SubscriptionState("active", expires_s=max(0, self.expires_at - now) // seconds(1))

    def next_number(self) -> int:
        """CSeq of a NOTIFY that goes now."""
        self._sent += 1
        self.asked = True
        return self._sent

    def next_version(self) -> int:
        """Version of a document that goes now (RFC 3680 §5.1)."""
        self.version += 1
        return self.version - 1
