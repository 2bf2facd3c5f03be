"""What the core answers to a REGISTER, by what it means (24.229 §5.2.2; PCS-06)."""

from twopair.base import Micros
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.register import sending
from twopair.nodes.pcscf.register.challenge import Challenges
from twopair.nodes.pcscf.register.confirm import Confirmations
from twopair.nodes.pcscf.register.exchange import Exchange
from twopair.nodes.pcscf.relay.headers import clean_for_ue
from twopair.nodes.pcscf.tables import Tables
from twopair.wire.sip import Response


class Finals:
    """Takes answers, and hands the one that counts to whom it concerns."""

    __slots__ = ("_answers", "_challenges", "_confirmations", "_tables")

    def __init__(
        self, tables: Tables, answers: Answers, challenges: Challenges, confirmations: Confirmations
    ) -> None:
        self._tables = tables
        self._answers = answers
        self._challenges = challenges
        self._confirmations = confirmations

    def take(self, exchange: Exchange, response: Response, now: Micros, out: list[Action]) -> None:
        """The core has answered a REGISTER."""
        status = response.status
        if status == 100:
            return
        response.pop_value("Via")
        if status < 200:
            if exchange.ways == 0:
                return
            clean_for_ue(response)
            self._answers.send(exchange.txn, exchange.live, response, now, out)
            return
        if not sending.settles(exchange, response, self._tables, now, out):
            return
        self._tables.wait_no_more(exchange)
        if status < 300:
            self._confirmations.accepted(exchange, response, now, out)
        elif status == 401:
            self._challenges.take(exchange, response, now, out)
        else:
            self._confirmations.rejected(exchange, response, now, out)
        if not exchange.doomed:
            exchange.txn.owner = None  # it absorbs repetitions for two minutes, and has no further need of it
