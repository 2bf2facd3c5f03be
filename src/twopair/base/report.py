"""The action by which a core tells people and counters what it did."""

from dataclasses import dataclass

from twopair.base.flow import Flow
from twopair.base.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Refused:
    """Fact: a peer's message was refused; `detail` names the value at fault, never a secret."""

    refusal: Refusal
    flow: Flow
    detail: str = ""


@dataclass(slots=True, unsafe_hash=True)
class Report:
    """Action: tell whoever listens (log, counters, the lab's checks) a fact. Has no effect on the wire."""

    fact: object
