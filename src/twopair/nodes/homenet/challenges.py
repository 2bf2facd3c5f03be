"""Challenges of the S-CSCF that are not answered yet, for the time of reg-await-auth (TMR-01)."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from twopair.base import Impi, Micros, seconds
from twopair.core.aka import AuthVector
from twopair.core.registration.flows import ALONE, RegFlow, is_anew

AWAIT_AUTH: Final = seconds(240)
"""reg-await-auth, 4 minutes (TMR-01)."""


@dataclass(frozen=True, slots=True)
class OpenChallenge:
    """A challenge that was sent and not answered yet.

    Args:
        vector: its RAND, and what the answer must be.
        nonce: its text.
        call_id: of the challenged REGISTER (INT-05).
        expires_at: end of reg-await-auth.
        flow: the registration that the challenged REGISTER asked for.
        initial: whether that came without protection, to make a registration; else it continues one.
    """

    vector: AuthVector
    nonce: str
    call_id: str
    expires_at: Micros
    flow: RegFlow = ALONE
    initial: bool = True


class Challenges:
    """At most one for each registration that a user may have (MGP-05, MGU-09).

    Args:
        most: how many of one user, emergency apart. Anybody can ask for challenges under names of their own,
            so of too many the oldest is void.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[Impi, tuple[OpenChallenge, ...]] = {}
        self._due: deque[tuple[Micros, Impi]] = deque()

    def add(self, impi: Impi, new: OpenChallenge) -> None:
        """Keep a challenge; an earlier one of that registration is void (MGP-05)."""
        kept = [one for one in self._open.get(impi, ()) if not is_anew(new.flow, one.flow)]
        counted = [one for one in kept if not one.flow.sos]
        if not new.flow.sos and len(counted) >= self._most:
            kept.remove(counted[0])
        self._open[impi] = (*kept, new)
        self._due.append((new.expires_at, impi))

    def answered(self, impi: Impi, flow: RegFlow, nonce: str, now: Micros) -> OpenChallenge | None:
        """The one that a REGISTER may answer: that of its nonce, else that of its registration."""
        waiting = [one for one in self._open.get(impi, ()) if one.expires_at > now]
        of_nonce = (one for one in waiting if one.nonce == nonce)
        of_flow = (one for one in waiting if is_anew(flow, one.flow))
        return next(of_nonce, None) or next(of_flow, None)

    def close(self, impi: Impi, used: OpenChallenge) -> None:
        """A challenge is used up."""
        self._keep(impi, [one for one in self._open.get(impi, ()) if one is not used])

    def next_deadline(self) -> Micros | None:
        """Moment at which the first may end."""
        return self._due[0][0] if self._due else None

    def expire(self, now: Micros) -> None:
        """Forget what is over by now."""
        while self._due and self._due[0][0] <= now:
            _, impi = self._due.popleft()
            self._keep(impi, [one for one in self._open.get(impi, ()) if one.expires_at > now])

    def _keep(self, impi: Impi, challenges: list[OpenChallenge]) -> None:
        if challenges:
            self._open[impi] = tuple(challenges)
        else:
            self._open.pop(impi, None)
