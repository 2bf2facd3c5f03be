"""Which of its workers a process is, and what that changes in what a file says (ADR 28)."""

import os
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator

from twopair.core.secagree import Share

MOST: Final = 15
"""The kernel's states tell 16 owners apart: the workers, and the process that starts them."""


class Part(NamedTuple):
    """One worker of some.

    Args:
        number: from 1 on.
        of: how many there are.
        backend: of all of them, where that has been found out; empty: as in the file.
    """

    number: int = 1
    of: int = 1
    backend: str = ""

    @property
    def share(self) -> Share:
        """Its share of the SPIs."""
        return Share(self.number - 1, self.of)

    def port(self, first: int) -> int:
        """Its port, where each has the next one."""
        return first + self.number - 1

    def beside(self, name: str, mark: str) -> str:
        """Its own of what has a name: the first has the name itself."""
        return name if self.number == 1 else f"{name}{mark}{self.number}"


def _workers(value: object) -> int | Literal["auto"]:
    if value == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        raise ValueError(f'no such number; give 1 to {MOST}, or "auto"')
    return value


Workers = Annotated[Any, BeforeValidator(_workers)]
"""A number, or "auto"."""


def workers_of(value: int | Literal["auto"]) -> int:
    """How many that is on this machine: "auto" is one for each processor that this process may use."""
    return min(MOST, len(os.sched_getaffinity(0))) if value == "auto" else value
