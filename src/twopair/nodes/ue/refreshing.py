"""Keeping a call alive from our end: UPDATE or re-INVITE, or its end in time (RFC 4028 §7.4, §10)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from twopair.base import SECOND, Flow, Micros, WireError
from twopair.core.sip import ClientTransaction, Trouble
from twopair.nodes.actions import Action
from twopair.nodes.facts import CallStage
from twopair.nodes.ue import requests
from twopair.nodes.ue.call import Call
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.extensions import able
from twopair.nodes.ue.gm import Asker
from twopair.nodes.ue.intervals import UAC, Interval, ask, granted_by
from twopair.nodes.ue.registration import delta_seconds
from twopair.nodes.ue.session import BREATH, On, State
from twopair.nodes.ue.within import OF_CONNECTION, refused, silence
from twopair.wire.sip import Response

_TENTH_S: Final = 10_000
"""10 ms, the unit of the waits after a glare."""


class Refresh(Asker):
    """A refresh of ours, and the wait for its answer.

    Args:
        call: which is refreshed.
        method: UPDATE or INVITE.
        now: the moment.

    Attributes:
        txn: its transaction.
        until: when to wait no longer: a re-INVITE that somebody has heard has no timer of its own.
    """

    def __init__(self, call: Call, method: str, now: Micros) -> None:
        self.method = method
        self.txn: ClientTransaction | None = None
        self.until = Micros(now + call.gm.config.timers.life) if method == "INVITE" else FOREVER
        self._call = call

    def resent(self, txn: ClientTransaction) -> None:
        """It went over UDP, in another transaction (PCS-26)."""
        self.txn = txn

    def stop(self, now: Micros, out: list[Action]) -> None:
        """Wait no longer."""
        self.until = FOREVER
        if self.txn is not None:
            self.txn.abandon(now, out)

    def answered(self, response: Response, flow: Flow, now: Micros, out: list[Action]) -> None:
        """A final response; each 2xx to a re-INVITE is acknowledged."""
        call = self._call
        if self.method == "INVITE" and response.status < 300:
            call.acknowledge(response.cseq.number, flow.transport, out)
        if call.refreshing is not self:
            return
        call.refreshing = None
        if call.stage is CallStage.UP and call.session.state is State.ASKED:
            react = _renewed if response.status < 300 else _REACT.get(response.status, _refused)
            react(call, self.method, response, now, out)

    def unanswered(self, trouble: Trouble, now: Micros, out: list[Action]) -> None:
        """None came: the call is lost, unless it was only a connection (RFC 3261 §12.2.1.2, §8.1.3.1)."""
        call = self._call
        if call.refreshing is not self:
            return
        call.refreshing = None
        if trouble.why in OF_CONNECTION:
            call.session.put_off(now)
        elif call.stage is CallStage.UP:
            call.lose(silence(self.method, trouble), now, out)


def keep_alive(call: Call, now: Micros, out: list[Action]) -> None:
    """Do what the session timer of a call has due."""
    refresh = call.refreshing
    if refresh is not None and refresh.until <= now:
        refresh.stop(now, out)
    if call.stage not in (CallStage.ANSWERED, CallStage.UP):
        return
    due = call.session.due(now)
    if due is On.END:
        words = _why(call)
        call.session.feed(On.END)
        call.lose(words, now, out)
    elif due is On.DUE:
        call.session.feed(On.DUE)
        _send(call, now, out)


def next_deadline(call: Call) -> Micros:
    """When `keep_alive` has something to do."""
    until = FOREVER if call.refreshing is None else call.refreshing.until
    alive = call.stage in (CallStage.ANSWERED, CallStage.UP)
    return min(until, call.session.next_deadline()) if alive else until


def agree(call: Call, said: Interval, now: Micros, *, we_asked: bool) -> None:
    """Begin the interval of a 2xx, or go without one (RFC 4028 §7.2, §9).

    Args:
        call: which.
        said: by the 2xx.
        now: the moment.
        we_asked: whether the request was ours.
    """
    if said.expires_s is None:
        call.session.go_without()
        return
    interval_s = max(said.expires_s, call.gm.config.min_se_s)
    call.session.agree(interval_s, now, ours=((said.refresher or UAC) == UAC) == we_asked)


def _send(call: Call, now: Micros, out: list[Action]) -> None:
    """UPDATE if the peer takes it, else a re-INVITE with the session as it is (RFC 4028 §7.4)."""
    gm, session = call.gm, call.session
    if call.accepting is not None or call.stage is not CallStage.UP:  # an INVITE at a time (RFC 3261 §14.1)
        session.put_off(now, BREATH)
        return
    method = "UPDATE" if call.updates else "INVITE"
    interval = ask(gm.config, session.least_s, session.interval_s, UAC)
    headers = [("Contact", gm.profile.contact), *able(gm.config), *interval]
    body = b""
    if method == "INVITE":
        headers.append(("Content-Type", requests.SDP))
        body = requests.no_media(gm)
    call.refreshing = refresh = Refresh(call, method, now)
    refresh.txn = call.request(method, now, out, headers, body, refresh)
    if refresh.txn is None:
        call.refreshing = None
        session.put_off(now)


def _why(call: Call) -> str:
    if call.session.ours:
        method = "UPDATE" if call.updates else "INVITE"
        return f"no refresh of the session in {call.session.interval_s} s: {method} was in vain"
    return f"the other end has not refreshed the session in {call.session.interval_s} s"


# what follows from an answer


def _renewed(call: Call, _method: str, response: Response, now: Micros, _out: list[Action]) -> None:
    call.hear(now)
    agree(call, granted_by(response), now, we_asked=True)
    with suppress(WireError):  # it stays where it was
        call.retarget(response)


def _gone(call: Call, method: str, response: Response, now: Micros, out: list[Action]) -> None:
    call.lose(refused(method, response), now, out)


def _refused(call: Call, _method: str, response: Response, now: Micros, _out: list[Action]) -> None:
    """The session goes on; so does the interval."""
    call.hear(now)
    call.session.put_off(now, delta_seconds(response.get("Retry-After"), 0) * SECOND)


def _not_so(call: Call, method: str, response: Response, now: Micros, out: list[Action]) -> None:
    """The peer does not know UPDATE; INVITE it must know."""
    if method == "UPDATE":
        call.updates = False
        call.hear(now)
        _send(call, now, out)
    else:
        _refused(call, method, response, now, out)


def _longer(call: Call, method: str, response: Response, now: Micros, out: list[Action]) -> None:
    """422: at once, with the interval that is asked for; never twice for the same one (RFC 4028 §7.3)."""
    least = delta_seconds(response.get("Min-SE"), 0)
    if least <= max(call.session.least_s, call.session.interval_s):
        _refused(call, method, response, now, out)
        return
    call.hear(now)
    call.session.least_s = least
    _send(call, now, out)


def _glare(call: Call, _method: str, _response: Response, now: Micros, _out: list[Action]) -> None:
    """491: each end waits another while (RFC 3261 §14.1)."""
    call.hear(now)
    dice = call.gm.entropy
    units = 210 + dice.below(191) if call.ours else 1 + dice.below(200)
    call.session.put_off(now, units * _TENTH_S)


_REACT: Final[dict[int, Callable[[Call, str, Response, Micros, list[Action]], None]]] = {
    405: _not_so,
    408: _gone,
    422: _longer,
    481: _gone,
    491: _glare,
    501: _not_so,
}
"""What follows from a refusal; from others `_refused`."""
