"""A zone with two servers of which one is dead, and a name server with weather of its own."""

from collections.abc import Callable, Mapping
from typing import Final

from twopair.base import Entropy, Micros, seconds
from twopair.core.locate import Address, Answer, Fault, Kind, Naptr, Place, Question, Record, Srv
from twopair.sim.weather import chance

NAME: Final = "icscf.home.example"
PLACE: Final = Place(NAME)
TTL_S: Final = 30
"""Of all that is said, so that a lie does not outlive the rough part of a day by much."""

_DELAYS: Final = tuple(map(seconds, (0.001, 0.02, 0.4, 3, 7)))
"""Microseconds by which answers are late; the last one is too late."""

_OTHER: Final = {Kind.A: "10.20.0.99", Kind.AAAA: "fd00:20::99"}
NOBODY: Final = (*_OTHER.values(), "10.20.0.98")
"""Addresses where nobody listens."""


class Zone:
    """Answers to questions about one name.

    Args:
        home: address of the server that lives.
        transport: of both; ``udp`` or ``tcp``.
        dice: decides the weather.
        rough: whether there is any.

    Attributes:
        named: addresses that were said, each with the last moment at which it was.
        asked: how many questions came.
    """

    def __init__(
        self,
        home: str,
        transport: str,
        dice: Entropy,
        now: Callable[[], Micros],
        rough: Callable[[], bool],
    ) -> None:
        kind, protocol = Kind.AAAA if ":" in home else Kind.A, f"_sip._{transport}.{NAME}"
        service = f"SIP+D2{transport[0].upper()}"
        self._truth: Mapping[Question, tuple[Record, ...]] = {
            Question(NAME, Kind.NAPTR): (Naptr(1, 1, "s", service, protocol),),
            Question(protocol, Kind.SRV): (Srv(1, 0, 5060, f"dead.{NAME}"), Srv(2, 0, 5060, f"live.{NAME}")),
            Question(f"dead.{NAME}", kind): (Address(_OTHER[kind]),),
            Question(f"live.{NAME}", kind): (Address(home),),
        }
        self._dice = dice
        self._now = now
        self._rough = rough
        self.named: dict[str, Micros] = {}
        self.asked = 0

    def __call__(self, question: Question) -> list[tuple[int, Answer]]:
        """What comes of a question: (delay, answer) each; nothing: silence."""
        self.asked += 1
        records = self._truth.get(question, ())
        answer = Answer(records, TTL_S, None if records else Fault.NO_NAME)
        came: list[tuple[int, Answer]] = [(_DELAYS[0], answer)]
        if self._rough():
            came = self._weather(question, answer)
        for delay, said in came:
            for record in said.records:
                if isinstance(record, Address):
                    self.named[record.address] = Micros(self._now() + delay)
        return came

    def _weather(self, question: Question, answer: Answer) -> list[tuple[int, Answer]]:
        dice = self._dice
        if chance(dice, 15):
            return []
        delay = _DELAYS[dice.below(len(_DELAYS))]
        if chance(dice, 40):
            answer = self._lie(question, answer)
        return [(delay, answer), (2 * delay, answer)] if chance(dice, 20) else [(delay, answer)]

    def _lie(self, question: Question, answer: Answer) -> Answer:
        dice = self._dice
        lies: tuple[Answer, ...] = (
            Answer((), TTL_S, Fault.NO_NAME),
            Answer((), TTL_S, Fault.REFUSED),
            Answer(answer.records, 0, answer.fault),
            Answer((Srv(0, 0, 5060, ""), Address(_OTHER.get(question.kind, NOBODY[-1]))), TTL_S),
            Answer((Naptr(0, 0, "s", "SIPS+D2T", NAME), Srv(0, 65535, 0, NAME), Srv(0, 0, 1, NAME)), TTL_S),
        )
        return lies[dice.below(len(lies))]
