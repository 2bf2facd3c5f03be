"""What a CSCF does in steps because it has to ask the HSS in between, and how it asks.

An inquiry is a generator: it yields a question, is sent the answer, and at its end returns what it found.
It does not know whether the HSS is part of this network or behind Diameter.
"""

from collections.abc import Generator
from typing import TypeVar

from twopair.base import Refusal, WireError
from twopair.nodes.cx import Lia, Lir, Maa, Mar, Question, Reply, Saa, Sar, Uaa, Uar
from twopair.nodes.homenet.verdict import Denied

Found = TypeVar("Found")

Inquiry = Generator[Question, Reply, Found]
"""Steps towards a value, with questions to the HSS between them."""


def may_register(uar: Uar) -> Inquiry[Uaa]:
    """User-Authorization (29.228 §6.1.1)."""
    answer = yield uar
    assert isinstance(answer, Uaa), "UAR is answered by UAA"
    return answer


def fetch_vector(mar: Mar) -> Inquiry[Maa]:
    """Multimedia-Auth (29.228 §6.3)."""
    answer = yield mar
    assert isinstance(answer, Maa), "MAR is answered by MAA"
    return answer


def assign(sar: Sar) -> Inquiry[Saa]:
    """Server-Assignment (29.228 §6.1.2)."""
    answer = yield sar
    assert isinstance(answer, Saa), "SAR is answered by SAA"
    return answer


def locate(lir: Lir) -> Inquiry[Lia]:
    """Location-Info (29.228 §6.1.4)."""
    answer = yield lir
    assert isinstance(answer, Lia), "LIR is answered by LIA"
    return answer


def readable(inquiry: Inquiry[Found], otherwise: Refusal = Refusal.BAD_REQUEST) -> Inquiry[Found | Denied]:
    """The same, with a refusal where the request turns out not to be readable."""
    try:
        return (yield from inquiry)
    except WireError as error:
        return Denied(otherwise, str(error))
