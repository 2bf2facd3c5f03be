"""What becomes of a request that the home network answers itself."""

from typing import NamedTuple

from twopair.base import Refusal

Headers = tuple[tuple[str, str], ...]


class Answer(NamedTuple):
    """Status and headers of the response, and facts to report."""

    status: int
    headers: Headers = ()
    facts: tuple[object, ...] = ()


class Denied(NamedTuple):
    """The request is refused; nothing that stood before has changed (INT-06).

    `detail` names the value at fault, never a secret.
    """

    refusal: Refusal
    detail: str = ""
    headers: Headers = ()
