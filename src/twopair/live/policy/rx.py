"""Rx: the PCRF asked by Diameter, and heard when a bearer is gone (29.214 §4.4)."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from twopair.base import WireError
from twopair.live.diameter import base, rx
from twopair.live.diameter.local import RX, Local
from twopair.live.diameter.message import Message, text_of
from twopair.live.diameter.peers import Peers, Respond
from twopair.live.policy.contract import Told
from twopair.nodes.policy import AskPolicy, BearerLost, EndPolicy, PolicyAnswered, Verdict

_log = logging.getLogger(__name__)

AT_ONCE: Final = 10_000
"""Questions that may wait for earlier ones of their session."""


class _Session:
    """One AF session.

    Attributes:
        id: its Session-Id.
        host: Origin-Host of the PCRF that took it; empty until one has.
        waiting: what is to be said next, in order; the first of them is on its way.
    """

    __slots__ = ("host", "id", "waiting")

    def __init__(self, session_id: str) -> None:
        self.id = session_id
        self.host = ""
        self.waiting: deque[AskPolicy | EndPolicy] = deque()


class Rx:
    """A PCRF, or several behind one realm, as `PolicyControl`.

    Args:
        local: who we are to Diameter peers, and who they are.
        realm: Destination-Realm.
        told: who hears.
    """

    def __init__(self, local: Local, realm: str, told: Told) -> None:
        self._peers = Peers(local)
        self._realm = realm
        self._told = told
        self._sessions: dict[str, _Session] = {}
        self._names: dict[str, str] = {}
        self._waiting = 0
        self._settled = asyncio.Event()
        self._takes: dict[int, Callable[[Message, str, Respond], None]] = {
            rx.RE_AUTH: self._re_auth,
            rx.ABORT_SESSION: self._abort,
        }
        self._peers.serve(RX, self._take)

    @property
    def performs(self) -> dict[type, Callable[[Any], None]]:
        """See `PolicyControl`."""
        return {AskPolicy: self._ask, EndPolicy: self._end}

    @property
    def sessions(self) -> int:
        """AF sessions that stand, or are being made."""
        return len(self._sessions)

    @property
    def connected(self) -> bool:
        """Whether a peer is there."""
        return bool(self._peers.open)

    async def open(self) -> None:
        """See `PolicyControl`."""
        await self._peers.start()

    async def close(self) -> None:
        """See `PolicyControl`."""
        for name in list(self._sessions):
            self._end(EndPolicy(name))
        if self._sessions and self.connected:
            try:
                await asyncio.wait_for(self._settled.wait(), 2)
            except TimeoutError:
                _log.warning("%d sessions are left with the PCRF", len(self._sessions))
        await self._peers.stop()

    # what is asked

    def _ask(self, asked: AskPolicy) -> None:
        if self._waiting >= AT_ONCE:
            self._told(PolicyAnswered(asked.session, Verdict.FAILED, "too many questions are open"))
            return
        session = self._sessions.get(asked.session)
        if session is None:
            session = self._sessions[asked.session] = _Session(self._peers.new_session_id())
            self._names[session.id] = asked.session
            self._settled.clear()
        self._say(asked.session, session, asked)

    def _end(self, end: EndPolicy) -> None:
        session = self._sessions.get(end.session)
        if session is not None:
            self._say(end.session, session, end)

    def _say(self, name: str, session: _Session, what: AskPolicy | EndPolicy) -> None:
        session.waiting.append(what)
        self._waiting += 1
        if len(session.waiting) == 1:
            self._go(name, session)

    def _go(self, name: str, session: _Session) -> None:
        """Send what is first."""
        what = session.waiting[0]
        then = partial(self._heard, name, session)
        if isinstance(what, AskPolicy):
            avps = rx.to_aar(what, first_of_session=not session.host)
            self._send(rx.AA, avps, session, then)
        elif session.host:
            self._send(rx.SESSION_TERMINATION, rx.to_str(), session, then)
        else:  # no PCRF has it
            then(None)

    def _send(
        self, command: int, avps: list[Any], session: _Session, then: Callable[[Message | None], None]
    ) -> None:
        self._peers.ask(RX, command, avps, then, realm=self._realm, host=session.host, session_id=session.id)

    def _heard(self, name: str, session: _Session, answer: Message | None) -> None:
        what = session.waiting.popleft()
        self._waiting -= 1
        if isinstance(what, EndPolicy):
            self._over(name, session)
        else:
            verdict, why = self._verdict(session, answer)
            self._told(PolicyAnswered(name, verdict, why))
        if session.waiting:
            self._go(name, session)
        elif not session.host and self._sessions.get(name) is session:
            self._over(name, session)  # nobody took it

    def _verdict(self, session: _Session, answer: Message | None) -> tuple[Verdict, str]:
        if answer is None:
            return Verdict.UNREACHABLE, ""
        try:
            verdict, why = rx.verdict_of(answer)
            if verdict is Verdict.GRANTED:
                session.host = text_of(answer.avps, base.ORIGIN_HOST)
            elif base.result_of(answer) == (rx.UNKNOWN_SESSION, False):
                session.host = ""  # it has forgotten, and is told anew
        except WireError as error:
            return Verdict.FAILED, str(error)
        return verdict, why

    def _over(self, name: str, session: _Session) -> None:
        self._waiting -= len(session.waiting)
        session.waiting.clear()
        if self._sessions.get(name) is session:
            del self._sessions[name]
            del self._names[session.id]
        if not self._sessions:
            self._settled.set()

    # what is heard

    def _take(self, request: Message, respond: Respond) -> None:
        take = self._takes.get(request.command)
        if take is None:
            respond(rx.result(base.COMMAND_UNSUPPORTED))
            return
        name = self._names.get(text_of(request.avps, base.SESSION_ID))
        if name is None:
            respond(rx.result(rx.UNKNOWN_SESSION))
            return
        take(request, name, respond)

    def _re_auth(self, request: Message, name: str, respond: Respond) -> None:
        lost = rx.lost_of(request)
        respond(rx.result(base.SUCCESS))
        if lost is not None:
            self._told(BearerLost(name, lost, ended=False, why="Specific-Action of a RAR"))

    def _abort(self, request: Message, name: str, respond: Respond) -> None:
        """Its answer, then STR (29.214 §4.4.6.1)."""
        why = rx.abort_cause(request)
        respond(rx.result(base.SUCCESS))
        self._told(BearerLost(name, frozenset(), ended=True, why=why))
        self._end(EndPolicy(name))
