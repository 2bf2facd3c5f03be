"""Which step of the registration a message is: SM1, SM6, SM7 or SM12 (33.203 §6.1, §7.2)."""

from collections import OrderedDict
from enum import Enum
from typing import Final

from twopair.base import WireError
from twopair.wire.sip import Request, Response

_PROCEDURES_KEPT: Final = 10_000
_REQUESTS_KEPT: Final = 16


class _Answer(Enum):
    CHALLENGE = "401"
    SUCCESS = "2xx"
    FAILURE = "any other final answer"


_STEP_OF_ANSWER: Final[dict[tuple[str, _Answer], str]] = {
    ("SM1", _Answer.CHALLENGE): "SM6",
    ("SM1", _Answer.SUCCESS): "SM12",  # a re-registration that was not challenged
    ("SM1", _Answer.FAILURE): "SM6",  # 33.203 §7.3.2.1: the P-CSCF refuses SM1 in place of SM6
    ("SM7", _Answer.CHALLENGE): "SM6",  # after a synchronisation failure (33.203 §6.1.3)
    ("SM7", _Answer.SUCCESS): "SM12",
    ("SM7", _Answer.FAILURE): "SM12",  # 33.203 §7.3.1.1
}


class _Procedure:
    """The REGISTER requests of one Call-ID: step by CSeq number, and whether a challenge is open."""

    __slots__ = ("challenged", "latest", "steps")

    def __init__(self) -> None:
        self.steps: OrderedDict[int, str] = OrderedDict()
        self.latest = -1
        self.challenged = False

    def request(self, number: int) -> str:
        known = self.steps.get(number)
        if known is not None:
            return known  # a retransmission
        step = "SM7" if self.challenged else "SM1"
        self.challenged, self.latest = False, number
        self.steps[number] = step
        if len(self.steps) > _REQUESTS_KEPT:
            self.steps.popitem(last=False)
        return step

    def answer(self, number: int, status: int) -> str:
        asked = self.steps.get(number)
        if asked is None:
            return ""
        kind = _kind(status)
        if kind is _Answer.CHALLENGE and number == self.latest:
            self.challenged = True
        return _STEP_OF_ANSWER[asked, kind]


class Procedures:
    """Follows every registration procedure on a link, each by its Call-ID.

    A REGISTER begins a procedure (SM1) unless it is the first after a challenge of the same Call-ID
    (SM7). An answer belongs to the REGISTER with its CSeq number.
    """

    def __init__(self) -> None:
        self._procedures: OrderedDict[str, _Procedure] = OrderedDict()

    def step(self, message: Request | Response) -> str:
        """The step, or "" for a message that belongs to no registration, or is a provisional answer."""
        try:
            call_id, cseq = message.call_id, message.cseq
        except WireError:
            return ""
        if cseq.method != "REGISTER" or (isinstance(message, Response) and message.status < 200):
            return ""
        procedure = self._procedures.pop(call_id, None) or _Procedure()
        self._procedures[call_id] = procedure
        if len(self._procedures) > _PROCEDURES_KEPT:
            self._procedures.popitem(last=False)
        if isinstance(message, Request):
            return procedure.request(cseq.number)
        return procedure.answer(cseq.number, message.status)


def _kind(status: int) -> _Answer:
    if status == 401:
        return _Answer.CHALLENGE
    return _Answer.SUCCESS if status < 300 else _Answer.FAILURE
