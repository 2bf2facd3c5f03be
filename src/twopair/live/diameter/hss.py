"""Our HSS behind Diameter: answers S-CSCFs and I-CSCFs, and tells an S-CSCF what has changed (29.228 §6)."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

from twopair.base import Impi, Impu
from twopair.live.diameter import base, cx
from twopair.live.diameter.local import CX
from twopair.live.diameter.message import Message, avp, text_of
from twopair.live.diameter.peers import Peers, Respond
from twopair.nodes.cx import Assignment, Mar, Ppr, Profile, Reason, Result, Rtr, Saa, Sar
from twopair.nodes.events import Dismiss, Reauthenticate
from twopair.nodes.homenet.hss import Hss
from twopair.wire.reginfo import ContactEvent

_log = logging.getLogger(__name__)

_BEGINS: Final = frozenset({Assignment.REGISTRATION, Assignment.RE_REGISTRATION})

Told = Callable[[int | None], None]
"""Called with the result code of the S-CSCF, None where it could not be reached."""


def _heard(_code: int | None) -> None:
    """The log has it."""


class Serving(NamedTuple):
    """The S-CSCF of a user, as Diameter knows it."""

    host: str
    realm: str
    impu: Impu


class HssServer:
    """Takes requests of Cx and has the HSS answer them.

    Args:
        peers: the connections.
        hss: ours.
    """

    def __init__(self, peers: Peers, hss: Hss) -> None:
        self._peers = peers
        self._hss = hss
        self._serving: dict[Impi, Serving] = {}
        peers.serve(CX, self._take)

    def serving(self, impi: Impi) -> Serving | None:
        """Which S-CSCF has said that it serves a user, None for none behind Diameter."""
        return self._serving.get(impi)

    def carry(self, order: Dismiss | Reauthenticate) -> int:
        """Carry an order about a user to the S-CSCF that serves them; gives how many users that were.

        There is no message that has a user authenticate: only registrations can be ended (29.228 §6.1.3).
        """
        if isinstance(order, Reauthenticate):
            return 0
        rejected = order.event is ContactEvent.REJECTED
        reason = Reason.PERMANENT_TERMINATION if rejected else Reason.SERVER_CHANGE
        return sum(self.terminate(Rtr(impi, (), reason), _heard) for impi in self._hss.users(order.who))

    def terminate(self, rtr: Rtr, told: Told) -> bool:
        """Have the S-CSCF end registrations (29.228 §6.1.3); gives whether there is one.

        It is told all public identities where none are given: Kamailio's ends nothing by a private one alone.
        """
        serving = self._serving.pop(rtr.impi, None)
        if serving is None:
            return False
        if not rtr.impus:
            rtr = replace(rtr, impus=self._profile(rtr.impi, serving).impus)
        ends = Sar(rtr.impi, serving.impu, "", Assignment.ADMINISTRATIVE_DEREGISTRATION)
        self._hss.server_assignment(ends)
        self._tell(cx.COMMANDS[Rtr], cx.to_rtr(rtr), serving, told)
        return True

    def push(self, impi: Impi, told: Told) -> bool:
        """Give the S-CSCF the user data as they are now (29.228 §6.2.2); gives whether there is one."""
        serving = self._serving.get(impi)
        if serving is None:
            return False
        profile = self._profile(impi, serving)
        if not profile.impus:
            return False
        self._tell(cx.COMMANDS[Ppr], cx.to_ppr(Ppr(impi, profile)), serving, told)
        return True

    def _profile(self, impi: Impi, serving: Serving) -> Profile:
        """As it is now, without an identity where there is none any more."""
        return self._hss.server_assignment(Sar(impi, serving.impu, "", Assignment.NO_ASSIGNMENT)).profile

    def _tell(self, command: int, avps: list[object], serving: Serving, told: Told) -> None:
        def answered(answer: Message | None) -> None:
            code = None if answer is None else base.result_of(answer)[0]
            _log.info("%s: command %d answered with %s", serving.host, command, code)
            told(code)

        self._peers.ask(CX, command, avps, answered, realm=serving.realm, host=serving.host)

    def _take(self, request: Message, respond: Respond) -> None:
        question = cx.from_request(request)
        if question is None:
            respond([avp(base.RESULT_CODE, base.COMMAND_UNSUPPORTED)])
            return
        if isinstance(question, Mar) and not cx.is_aka(cx.scheme_of(request)):
            respond([*cx.head(), *cx.result_avps(Result.AUTH_SCHEME_NOT_SUPPORTED)])
            return
        if isinstance(question, Sar):
            question = self._hss.completed(question)
        reply = self._hss.answer(question)
        if isinstance(question, Sar) and isinstance(reply, Saa) and reply.result is Result.SUCCESS:
            self._note(question, request)
            if question.assignment not in _BEGINS | {Assignment.NO_ASSIGNMENT, Assignment.UNREGISTERED_USER}:
                reply = Saa(reply.result, Profile(()))  # who serves a user no longer is told nothing of them
        respond(cx.to_answer(question, reply))

    def _note(self, sar: Sar, request: Message) -> None:
        if sar.assignment in _BEGINS:
            host = text_of(request.avps, base.ORIGIN_HOST)
            self._serving[sar.impi] = Serving(host, text_of(request.avps, base.ORIGIN_REALM), sar.impu)
        elif self._hss.server_of(sar.impi) == "":
            self._serving.pop(sar.impi, None)
