"""What INVITE and all that follows it say of sessions: who may speak in one, how far it is, until when.

24.229 §5.2.6.3, §5.2.6.4; RFC 3261 §12, §13.2.2.4; RFC 4028 §8. A session that is met in its middle, after a
restart, is learned from what refreshes it (ADR 31).
"""

from typing import Final

from twopair.base import Micros, Refusal, Report, WireError, seconds
from twopair.nodes.actions import Action
from twopair.nodes.facts import SessionOver
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.relay.relayed import SessionRelay
from twopair.nodes.pcscf.relay.session import Ending, Session, Stage, tag_in
from twopair.nodes.pcscf.relay.timer import interval_s
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Request, Response, uri_in

OF_SESSIONS: Final = frozenset({"INVITE", "ACK", "BYE", "PRACK", "UPDATE", "INFO", "MESSAGE"})
"""What belongs to a session where it has a tag in To; other dialogs are not in the books."""

REFRESHING: Final = frozenset({"INVITE", "UPDATE"})
"""What moves a target and refreshes a session (RFC 3261 §12.2, RFC 3311, RFC 4028 §7.4)."""

MOST_FORKS: Final = 16
"""Dialogs of one INVITE that are in the books; the first of them give way."""


class Calls:
    """Keeps the books."""

    __slots__ = ("_noted", "_tables", "_when_due", "_when_late")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._noted = False
        self._when_due = self._due
        self._when_late = self._late

    # who may speak

    def spoken_by(self, request: Request, owner: Subscriber) -> Session | Refusal | None:
        """The session that a UE speaks in; None for another dialog (PCS-15). Raises WireError."""
        sessions = self._tables.sessions
        key = request.call_id, tag_in(request.get("From") or ""), tag_in(request.get("To") or "")
        session = sessions.find(key)
        if session is not None:
            return session if session.owner is owner else Refusal.FOREIGN_DIALOG
        if request.method in OF_SESSIONS and owner.token not in sessions.resumed:
            return Refusal.FOREIGN_DIALOG
        return None

    def spoken_to(self, request: Request, owner: Subscriber) -> Session | Refusal | None:
        """The session that the core speaks in to a UE: the network may know one that we do not."""
        key = request.call_id, tag_in(request.get("To") or ""), tag_in(request.get("From") or "")
        session = self._tables.sessions.find(key)
        if session is not None and session.owner is not owner:
            return Refusal.FOREIGN_DIALOG
        return session

    # what is said

    @property
    def full(self) -> bool:
        """Whether no session more may begin."""
        tables = self._tables
        return len(tables.sessions) >= tables.config.limits.sessions

    def begin(self, relay: SessionRelay, request: Request, now: Micros, out: list[Action]) -> None:
        """An INVITE that is to begin a session is let through."""
        up, owner = relay.live is not None, relay.user
        first, last = request.get("From") or "", request.get("To") or ""
        ue, far = (first, last) if up else (last, first)
        session = Session(owner, request.call_id, ue, far, up, relay.txn)
        asked(relay, session, request)
        relay.begins, relay.sessions = True, (session,)
        self._enter(session, now, out)

    def within(
        self, request: Request, session: Session | None, owner: Subscriber, from_ue: bool, now: Micros,
        out: list[Action],
    ) -> Session | None:  # fmt: skip
        """A request within a dialog is let through; the session, learned from it where it was not known."""
        method = request.method
        if session is None:
            if method not in REFRESHING or owner.token not in self._tables.sessions.resumed:
                return None
            session = self._learned(request, owner, from_ue, now, out)
        if method not in ("ACK", "CANCEL"):
            session.heard(request, from_ue=from_ue)
        if method == "BYE" and session.stage is not Stage.OVER:
            self.end(session, Ending.BYE, now, out)
        return session

    def _learned(
        self, request: Request, owner: Subscriber, from_ue: bool, now: Micros, out: list[Action]
    ) -> Session:
        first, last = request.get("From") or "", request.get("To") or ""
        ue, far = (first, last) if from_ue else (last, first)
        session = Session(owner, request.call_id, ue, far, from_ue)
        session.stage = Stage.CONFIRMED
        _asked(session, request, from_ue=from_ue)
        if from_ue:
            session.far_target = request.uri
        else:
            session.ue_target = request.uri
        self._enter(session, now, out)
        return session

    def _enter(self, session: Session, now: Micros, out: list[Action]) -> None:
        sessions = self._tables.sessions
        gone = sessions.in_the_way(session.owner, self._tables.config.limits.sessions_per_ue)
        if gone is not None:
            self.end(gone, Ending.ROOM, now, out)
        sessions.add(session)

    # what is answered

    def answered(self, relay: SessionRelay, response: Response, now: Micros, out: list[Action]) -> None:
        """A response other than 100 is about to be passed on."""
        try:
            if not relay.begins:
                for session in relay.sessions:
                    self._refreshed(relay, session, response, now, out)
            elif response.status >= 300:
                self.failed(relay, now, out)
            else:
                self._progress(relay, response, now, out)
        except WireError:
            return  # such a dialog is not in the books; it is for its two ends to see to it

    def failed(self, relay: SessionRelay, now: Micros, out: list[Action]) -> None:
        """An INVITE came to nothing, or will have no further answers: what it began without a 2xx is over."""
        if relay.begins:
            for session in relay.sessions:
                if session.stage in (Stage.PENDING, Stage.EARLY):
                    self.end(session, Ending.FAILED, now, out)

    def _progress(self, relay: SessionRelay, response: Response, now: Micros, out: list[Action]) -> None:
        to = response.get("To") or ""
        tag = tag_in(to)
        if tag:
            session = self._dialog(relay, to, tag, now, out)
            told(relay, session, response)
            if response.status >= 200 and session.stage is not Stage.OVER:
                session.stage, session.invite = Stage.CONFIRMED, None
                self._agree(session, response, now)

    def _dialog(self, relay: SessionRelay, to: str, tag: str, now: Micros, out: list[Action]) -> Session:
        """The session of the dialog that a response makes: each tag is one (RFC 3261 §12.1, §13.2.2.4)."""
        up = relay.live is not None
        for session in relay.sessions:
            call_id, ue_tag, far_tag = session.key
            known = far_tag if up else ue_tag
            if known == tag:
                return session
            if session.stage is Stage.PENDING:
                session.stage = Stage.EARLY
                if up:
                    session.far = to
                else:
                    session.ue = to
                self._tables.sessions.name(session, (call_id, ue_tag, tag) if up else (call_id, tag, far_tag))
                return session
        if len(relay.sessions) >= MOST_FORKS:
            first, *others = relay.sessions
            relay.sessions = tuple(others)
            if first.stage is Stage.EARLY:
                self.end(first, Ending.ROOM, now, out)
        sent = relay.sent
        mine = (sent.get("From") or "", to)
        ue, far = mine if up else mine[::-1]
        session = Session(relay.user, sent.call_id, ue, far, up, relay.txn)
        session.stage = Stage.EARLY
        asked(relay, session, sent)
        relay.sessions = (*relay.sessions, session)
        self._enter(session, now, out)
        return session

    def _refreshed(
        self, relay: SessionRelay, session: Session, response: Response, now: Micros, out: list[Action]
    ) -> None:
        """A re-INVITE or UPDATE was answered (RFC 3261 §12.2.1.2, RFC 4028 §8.2)."""
        if session.stage is Stage.OVER:
            return
        if response.status == Ending.UNKNOWN_THERE.status:
            self.end(session, Ending.UNKNOWN_THERE, now, out)
        elif 200 <= response.status < 300:
            first, last = uri_in(relay.sent.get("Contact")), uri_in(response.get("Contact"))
            ue, far = (last, first) if relay.live is None else (first, last)
            session.ue_target = ue or session.ue_target
            session.far_target = far or session.far_target
            self._agree(session, response, now)

    # its end

    def end(self, session: Session, why: Ending, now: Micros, out: list[Action]) -> None:
        """A session is over in the books; nothing is sent for it here."""
        tables = self._tables
        tables.sessions.leave(session, now, tables.config.limits.sessions)
        owner = session.owner
        out.append(Report(SessionOver(owner.impi, session.call_id, why.words, owner.flow)))
        if tables.gate is not None:
            tables.gate.ended(session, now, out)
        if not self._noted and (late := tables.sessions.next_late()) is not None:
            self._noted = True
            tables.agenda.note(late, self._when_late, None)

    def _late(self, _nothing: None, now: Micros, _out: list[Action]) -> None:
        sessions = self._tables.sessions
        sessions.forget_late(now, self._tables.config.limits.sessions)
        late = sessions.next_late()
        self._noted = late is not None
        if late is not None:
            self._tables.agenda.note(late, self._when_late, None)

    def _agree(self, session: Session, response: Response, now: Micros) -> None:
        """The interval of a 2xx, or none (RFC 4028 §8.2)."""
        agreed = interval_s(response)
        session.expires_at = Micros(now + seconds(agreed)) if agreed else Micros(0)
        if agreed and not session.noted:
            session.noted = True
            self._tables.agenda.note(session.expires_at, self._when_due, session)

    def _due(self, session: Session, now: Micros, out: list[Action]) -> None:
        """Nobody has refreshed it: its ends have sent BYE, or are gone (RFC 4028 §8.3, §10)."""
        session.noted = False
        if session.stage is Stage.OVER or not session.expires_at:
            return
        if session.expires_at <= now:
            self.end(session, Ending.EXPIRED, now, out)
        else:
            session.noted = True
            self._tables.agenda.note(session.expires_at, self._when_due, session)


def asked(relay: SessionRelay, session: Session, invite: Request) -> None:
    """What an INVITE says of the side it comes from, and of the route back. Raises WireError."""
    up = relay.live is not None
    _asked(session, invite, from_ue=up)
    if not up:
        session.route = ", ".join(relay.record_route[1:])


def told(relay: SessionRelay, session: Session, response: Response) -> None:
    """What an answer to it says of the other side, and of the route there (RFC 3261 §12.1.2)."""
    target = uri_in(response.get("Contact"))
    if relay.live is None:
        session.ue_target = target or session.ue_target
        return
    session.far_target = target or session.far_target
    routes = response.values("Record-Route")
    if routes:
        session.route = ", ".join(_beyond(routes, relay.user.token))
    elif response.status >= 200:
        session.route = session.route or ""


def _asked(session: Session, request: Request, *, from_ue: bool) -> None:
    """What a request says of the side it comes from. Raises WireError."""
    target = uri_in(request.get("Contact"))
    session.heard(request, from_ue=from_ue)
    if from_ue:
        session.ue_target = target
    else:
        session.far_target = target


def _beyond(routes: list[str], token: str) -> list[str]:
    """The route set from us to the far end, of Record-Route in an answer to a UE (RFC 3261 §12.1.2)."""
    ours = f"sip:{token}@"
    above = next((at for at, value in enumerate(routes) if ours in value), len(routes))
    return routes[:above][::-1]
