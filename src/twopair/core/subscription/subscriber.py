"""The subscriber's end of one subscription: a machine without I/O (RFC 6665 §4.1).

Its owner makes SUBSCRIBE requests and answers NOTIFY; here stands in which dialog, when the next one is due,
and which NOTIFY is to be believed.
"""

from enum import Enum
from typing import Final

from twopair.base import IllegalStep, Micros, seconds
from twopair.core.sip.dialog import Dialog
from twopair.core.subscription.subscription_state import (
    AFTER_REASON,
    AFTER_STATUS,
    ENDS,
    Next,
    SubscriptionState,
)
from twopair.wire.sip import NameAddr, Request, Response

NEVER: Final = Micros(2**62)
"""Moment that does not come."""

FIRST_WAIT: Final = seconds(30)
"""How long to wait after a refusal that names no time; twice as long after each further one."""

LONGEST_WAIT: Final = seconds(1800)


class Phase(Enum):
    """How far a subscription has come."""

    NONE = "there is none"
    ASKED = "SUBSCRIBE has gone, nothing has come"
    STANDS = "it was accepted, or a NOTIFY has come"
    REFRESHED = "it stands, and a further SUBSCRIBE has gone"

    __hash__ = object.__hash__


class On(Enum):
    """What can happen to it."""

    ASK = "SUBSCRIBE goes"
    ACCEPTED = "2xx to it"
    NOTIFIED = "NOTIFY of its dialog that does not end it"
    ENDED = "NOTIFY that ends it, or an answer that says there is none"
    REFUSED = "any other failure of a SUBSCRIBE"
    EXPIRED = "its time is over"

    __hash__ = object.__hash__


_P = Phase
TABLE: Final[dict[tuple[Phase, On], tuple[Phase, str]]] = {
    (_P.NONE, On.ASK): (_P.ASKED, "RFC 6665 §4.1.2.1"),
    (_P.ASKED, On.ACCEPTED): (_P.STANDS, "RFC 6665 §4.1.2.1"),
    (_P.ASKED, On.NOTIFIED): (_P.STANDS, "RFC 6665 §4.1.2.4: NOTIFY may overtake the 200"),
    (_P.ASKED, On.ENDED): (_P.NONE, "RFC 6665 §4.1.2.3"),
    (_P.ASKED, On.REFUSED): (_P.NONE, "RFC 6665 §4.1.2.1"),
    (_P.STANDS, On.ASK): (_P.REFRESHED, "RFC 6665 §4.1.2.2"),
    (_P.STANDS, On.ACCEPTED): (_P.STANDS, "RFC 6665 §4.1.2.4"),
    (_P.STANDS, On.NOTIFIED): (_P.STANDS, "RFC 6665 §4.1.3"),
    (_P.STANDS, On.ENDED): (_P.NONE, "RFC 6665 §4.1.3"),
    (_P.STANDS, On.REFUSED): (_P.STANDS, "RFC 6665 §4.1.2.2"),
    (_P.STANDS, On.EXPIRED): (_P.NONE, "RFC 6665 §4.1.2.2"),
    (_P.REFRESHED, On.ACCEPTED): (_P.STANDS, "RFC 6665 §4.1.2.2"),
    (_P.REFRESHED, On.NOTIFIED): (_P.REFRESHED, "RFC 6665 §4.1.3"),
    (_P.REFRESHED, On.ENDED): (_P.NONE, "RFC 6665 §4.1.2.2"),
    (_P.REFRESHED, On.REFUSED): (_P.STANDS, "RFC 6665 §4.1.2.2: it stands until its end"),
    (_P.REFRESHED, On.EXPIRED): (_P.NONE, "RFC 6665 §4.1.2.2"),
}
"""How a subscription moves; nothing else happens to it."""


class Subscription:
    """One subscription, at the subscriber.

    Args:
        call_id: of all its requests.
        tag: ours in them.

    Attributes:
        phase: how far it has come.
        dialog: where requests within it go, None before there is one.
        number: CSeq of the latest SUBSCRIBE.
        expires_at: when it ends, unless it is refreshed.
        due_at: when the next SUBSCRIBE is to go, `NEVER` for not at all.
    """

    __slots__ = (
        "_answered",
        "_failures",
        "_heard",
        "call_id",
        "dialog",
        "due_at",
        "expires_at",
        "number",
        "phase",
        "tag",
    )

    def __init__(self, call_id: str, tag: str) -> None:
        self.call_id = call_id
        self.tag = tag
        self.phase = Phase.NONE
        self.dialog: Dialog | None = None
        self.number = 0
        self.expires_at = NEVER
        self.due_at = NEVER
        self._answered = False
        self._failures = 0
        self._heard = 0

    def ask(self) -> int:
        """A SUBSCRIBE goes; its CSeq number. Raises IllegalStep where one is out already."""
        self._feed(On.ASK)
        self.number += 1
        self.due_at = NEVER
        return self.number

    def accepted(self, response: Response, now: Micros) -> None:
        """A 2xx to the latest SUBSCRIBE. Raises WireError for one that makes no dialog.

        The way of a dialog is that of the answer, even if a NOTIFY has made the dialog before: not every
        proxy that is in one puts itself into the other, too (RFC 6665 §4.3).
        """
        if self.phase is Phase.NONE:
            return  # a NOTIFY has ended it before
        if not self._answered:
            self.dialog, self._answered = Dialog.of_caller(response), True
        self._feed(On.ACCEPTED)
        self._failures = 0
        text = (response.get("Expires") or "").strip()
        if text.isascii() and text.isdigit() and len(text) < 11:
            self._last(int(text), now)

    def refused(self, status: int, retry_after_s: int | None, now: Micros) -> Next:
        """A final answer that is no 2xx, 408 also for none; what it means."""
        after = AFTER_STATUS.get(status, Next.NEVER)
        if self.phase is Phase.NONE:
            return Next.NEVER
        if self.phase is Phase.REFRESHED and after is Next.NEVER:
            after = Next.AGAIN  # what is refused there is not the subscription, but its dialog
        ends = self.phase is Phase.ASKED or status in ENDS or after is Next.AGAIN
        self._feed(On.ENDED if ends else On.REFUSED)
        if ends:
            self._over()
        self._plan(after, retry_after_s, now)
        return after

    def holds(self, notify: Request) -> bool:
        """Whether a NOTIFY belongs to it, by Call-ID and tags.

        The first one makes the dialog (RFC 6665 §4.1.2.4). Raises WireError.
        """
        if self.phase is Phase.NONE or notify.call_id != self.call_id:
            return False
        if NameAddr.parse(notify.get("To") or "").tag != self.tag:
            return False
        return self.dialog is None or self.dialog.holds(notify)

    def notified(self, notify: Request, now: Micros) -> SubscriptionState | None:
        """A NOTIFY that it holds; what its state is, None for one that came out of order.

        Raises:
            WireError: it cannot be read; nothing has changed.
        """
        said = SubscriptionState.parse(notify.get("Subscription-State"))
        number = notify.cseq.number
        if number <= self._heard:
            return None
        if self.dialog is None:
            self.dialog = Dialog.of_notifier(notify)
        self._heard = number
        if said.over:
            self._feed(On.ENDED)
            self._over()
            self._plan(AFTER_REASON.get(said.reason, Next.AGAIN), said.retry_after_s, now)
        else:
            self._feed(On.NOTIFIED)
            if said.expires_s is not None and self.phase is Phase.STANDS:
                self._last(said.expires_s, now)
        return said

    def hurry(self, now: Micros) -> None:
        """Ask at once, whatever was planned: something was missed (RFC 3680 §5.1)."""
        self.due_at = now

    def plan(self, when: Micros) -> None:
        """Ask at that moment."""
        self.due_at = when

    def expired(self, now: Micros) -> bool:
        """Whether its time is over by now; it is then none any more, and is asked for again."""
        if self.expires_at > now or self.phase not in {Phase.STANDS, Phase.REFRESHED}:
            return False
        self._feed(On.EXPIRED)
        self._over()
        self.due_at = now
        return True

    def next_deadline(self) -> Micros:
        """When there is something to do, `NEVER` for never."""
        return min(self.due_at, self.expires_at)

    def _feed(self, on: On) -> None:
        row = TABLE.get((self.phase, on))
        if row is None:
            raise IllegalStep(f"subscription: {on.name} while {self.phase.name}")
        self.phase = row[0]

    def _last(self, expires_s: int, now: Micros) -> None:
        """It lasts that long: refreshed 600 s before, at half of up to 1200 s (24.229 §5.1.1.3, §5.2.3)."""
        self.expires_at = Micros(now + seconds(expires_s))
        early = 600 if expires_s > 1200 else expires_s // 2
        self.due_at = Micros(now + seconds(expires_s - early))

    def _over(self) -> None:
        """The next one is another dialog."""
        self.dialog, self._answered = None, False
        self.expires_at = NEVER
        self._heard = 0

    def _plan(self, after: Next, retry_after_s: int | None, now: Micros) -> None:
        self._failures += 1
        if after is Next.NEVER:
            self.due_at = NEVER
        elif retry_after_s is not None:
            self.due_at = Micros(now + seconds(retry_after_s))
        elif after is Next.AGAIN and self._failures == 1:
            self.due_at = now
        else:
            self.due_at = Micros(now + min(FIRST_WAIT << min(self._failures, 10) >> 1, LONGEST_WAIT))
