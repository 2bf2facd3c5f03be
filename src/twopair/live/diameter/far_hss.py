"""An HSS behind Diameter, as our CSCFs ask it: `AskHss` out, `HssAnswered` back (29.228 §6)."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from twopair.base import WireError
from twopair.live.diameter import base, cx
from twopair.live.diameter.local import CX
from twopair.live.diameter.message import Message, avp
from twopair.live.diameter.peers import Peers, Respond
from twopair.nodes.cx import AskHss, HssAnswered, Ppr, Reply, Result, Rtr, failed

_log = logging.getLogger(__name__)

_BEGUN: Final[Mapping[int, Callable[[Message], Rtr | Ppr]]] = {
    cx.COMMANDS[Rtr]: cx.from_rtr,
    cx.COMMANDS[Ppr]: cx.from_ppr,
}
"""What an HSS begins."""


class FarHss:
    """Puts the questions of a node to an HSS, and hears of what the HSS begins itself.

    Args:
        peers: the connections.
        realm: where the HSS is.
        host: which one, where a certain one is meant.
        feed: takes answers, and what the HSS begins; it must not wait.
    """

    def __init__(
        self,
        peers: Peers,
        realm: str,
        host: str,
        feed: Callable[[HssAnswered | Rtr | Ppr], None],
    ) -> None:
        self._peers = peers
        self._realm = realm
        self._host = host
        self._feed = feed
        peers.serve(CX, self._take)

    def ask(self, ask: AskHss) -> None:
        """Perform the action; the answer comes later, and always."""
        question = ask.question

        def then(answer: Message | None) -> None:
            self._feed(HssAnswered(ask.number, self._reply(ask, answer)))

        command = cx.COMMANDS[type(question)]
        try:
            avps = cx.to_request(question)
        except ValueError:  # an identity that no UTF-8 can carry
            self._feed(HssAnswered(ask.number, failed(question, Result.USER_UNKNOWN)))
            return
        self._peers.ask(CX, command, avps, then, realm=self._realm, host=self._host)

    def _reply(self, ask: AskHss, answer: Message | None) -> Reply:
        if answer is None:
            return failed(ask.question, Result.UNABLE_TO_DELIVER)
        try:
            return cx.from_answer(ask.question, answer)
        except WireError as error:
            _log.warning("an answer of the HSS to %s: %s", type(ask.question).__name__, error)
            return failed(ask.question, Result.UNABLE_TO_COMPLY)

    def _take(self, request: Message, respond: Respond) -> None:
        read = _BEGUN.get(request.command)
        if read is None:
            respond([avp(base.RESULT_CODE, base.COMMAND_UNSUPPORTED)])
            return
        self._feed(read(request))
        respond([*cx.head(), avp(base.RESULT_CODE, base.SUCCESS)])
