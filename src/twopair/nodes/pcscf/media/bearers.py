"""Bearers of calls and of signalling: asked for, granted, refused, lost (24.229 §5.2.7, §5.2.8.1)."""

from collections.abc import Callable, Iterable
from typing import Final

from twopair.base import Endpoint, Micros, Port, Report, WireError
from twopair.core.policy import media_components, signalling_component
from twopair.nodes.actions import Action
from twopair.nodes.facts import BearerGone, BearerRefused
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.media.leg import Leg, Legs
from twopair.nodes.pcscf.relay.session import Ending, Session
from twopair.nodes.pcscf.relay.sessions import Sessions
from twopair.nodes.policy import AskPolicy, BearerLost, EndPolicy, PolicyAnswered, Verdict
from twopair.wire.sdp import SessionDescription, parse_sdp

Release = Callable[[Session, Ending, Micros, list[Action]], None]
"""Ends a session at both of its ends."""

REFUSED: Final = {
    Verdict.NOT_AUTHORISED: Ending.NOT_AUTHORISED,
    Verdict.NOT_ACCEPTABLE: Ending.NOT_ACCEPTABLE,
    Verdict.UNKNOWN_BEARER: Ending.POLICY,
    Verdict.UNREACHABLE: Ending.POLICY,
    Verdict.FAILED: Ending.POLICY,
}
"""How a call ends that has no bearer."""

SAYS_NO: Final = frozenset({Verdict.NOT_AUTHORISED, Verdict.NOT_ACCEPTABLE})
"""What counts even where policy control is optional: it has spoken."""

PATH: Final = "path;"
"""How the names of signalling paths begin; those of calls begin with a Call-ID and have two parts, too."""


class Bearers:
    """Talks with policy control.

    Args:
        legs: the calls.
        sessions: the books.
        release: ends one session.
        required: whether a call needs policy control's word, and not only must not have its refusal.
        signalling: whether it is to tell of signalling paths that are lost.
        pcscf: our address towards UEs of the same family as theirs.
    """

    __slots__ = ("_legs", "_paths", "_pcscf", "_release", "_required", "_sessions", "_signalling")

    def __init__(
        self,
        legs: Legs,
        sessions: Sessions,
        release: Release,
        pcscf: Callable[[str], str],
        *,
        required: bool,
        signalling: bool,
    ) -> None:
        self._legs = legs
        self._sessions = sessions
        self._release = release
        self._required = required
        self._signalling = signalling
        self._pcscf = pcscf
        self._paths: dict[str, Subscriber] = {}

    # calls

    def described(self, leg: Leg, sdp: bytes, answer: bool, *, from_ue: bool, out: list[Action]) -> None:
        """An end of a call has described its media; what cannot be read asks for nothing."""
        known = leg.answered if answer else leg.offered
        if sdp == known:
            return  # a repetition
        try:
            description = parse_sdp(sdp)
        except WireError:
            return
        if not answer:
            leg.offered, leg.answered = sdp, b""
            leg.offer, leg.ue_offers = description, from_ue
            if not leg.asked:
                self._ask(leg, None, out)
        elif leg.offer is not None and leg.ue_offers is not from_ue:
            leg.answered = sdp
            self._ask(leg, description, out)

    def _ask(self, leg: Leg, answer: SessionDescription | None, out: list[Action]) -> None:
        ue, far = (leg.offer, answer) if leg.ue_offers else (answer, leg.offer)
        components = media_components(ue, far, ue_offers=leg.ue_offers, address=leg.address)
        leg.asked = True
        final = answer is not None
        out.append(AskPolicy(leg.name, leg.address, _default(leg.owner), components, final, leg.emergency))

    def ended(self, leg: Leg, out: list[Action]) -> None:
        """A call is over."""
        if leg.asked:
            out.append(EndPolicy(leg.name))

    # what policy control says

    def answered(self, event: PolicyAnswered, now: Micros, out: list[Action]) -> None:
        """A verdict: a call without a bearer ends."""
        verdict = event.verdict
        if verdict is Verdict.GRANTED:
            return
        leg = self._legs.named(event.session)
        owner = self._paths.get(event.session) if leg is None else leg.owner
        if owner is None:
            return
        call_id = "" if leg is None else leg.call_id
        out.append(Report(BearerRefused(owner.impi, call_id, verdict.value, event.why, owner.flow)))
        if leg is not None and (self._required or verdict in SAYS_NO):
            self._end(leg, REFUSED[verdict], now, out)

    def lost(self, event: BearerLost, now: Micros, out: list[Action]) -> None:
        """A bearer is gone: of a call, of some of its streams, or that of all signalling of a UE (PCS-19)."""
        owner = self._paths.get(event.session)
        leg = self._legs.named(event.session)
        if owner is not None:
            if event.ended:
                del self._paths[event.session]
            out.append(Report(BearerGone(owner.impi, "", event.why, owner.flow)))
            for session in self._sessions.of(owner):
                self._release(session, Ending.BEARER_LOST, now, out)
        elif leg is not None:
            leg.asked = leg.asked and not event.ended
            out.append(Report(BearerGone(leg.owner.impi, leg.call_id, event.why, leg.owner.flow)))
            if event.ended or _all_of(leg, event.components):
                self._end(leg, Ending.BEARER_LOST, now, out)

    def _end(self, leg: Leg, why: Ending, now: Micros, out: list[Action]) -> None:
        for session in self._sessions.of(leg.owner):
            if session.call_id == leg.call_id:
                self._release(session, why, now, out)

    # signalling

    def look(self, touched: Iterable[Subscriber], out: list[Action]) -> None:
        """Registrations of which something has changed."""
        for owner in touched:
            if owner.bindings:
                self.registered(owner, out)
            elif not owner.sets:
                self.deregistered(owner, out)

    def registered(self, owner: Subscriber, out: list[Action]) -> None:
        """A registration stands: its signalling path is watched, once (29.214 §4.4.5)."""
        name = PATH + owner.token
        live = owner.current
        if not self._signalling or live is None or name in self._paths:
            return
        self._paths[name] = owner
        address = live.us.address
        path = signalling_component(Endpoint(address, Port(0)), Endpoint(self._pcscf(address), Port(0)))
        out.append(AskPolicy(name, address, _default(owner), (path,), final=True))

    def deregistered(self, owner: Subscriber, out: list[Action]) -> None:
        """It is over."""
        if self._paths.pop(PATH + owner.token, None) is not None:
            out.append(EndPolicy(PATH + owner.token))


def _default(owner: Subscriber) -> str:
    return owner.associated[0] if owner.associated else ""


def _all_of(leg: Leg, components: frozenset[int]) -> bool:
    """Whether no stream of the offer is left; nothing named stands for all of them."""
    if not components or leg.offer is None:
        return True
    standing = {number for number, media in enumerate(leg.offer.media, start=1) if not media.refused}
    return standing <= components
