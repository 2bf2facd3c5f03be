"""What the S-CSCF remembers: open challenges and registrations, until their time is over (TMR-01)."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, NamedTuple

from twopair.base import Endpoint, Impi, Impu, Micros, seconds
from twopair.core.aka import AuthVector
from twopair.nodes.homenet.cx import Profile
from twopair.nodes.homenet.identities import identity_key

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
    """

    vector: AuthVector
    nonce: str
    call_id: str
    expires_at: Micros


@dataclass(frozen=True, slots=True)
class Binding:
    """One registration: where its user is, and who they are.

    Args:
        contact: Contact as registered, without expires.
        target: its URI, the Request-URI of requests to the user.
        path: Route of requests to the user (RFC 3327).
        hop: where the first of `path` leads.
        profile: the implicit registration set.
        call_id: of the REGISTER that made or refreshed it.
        cseq: number of that REGISTER.
        expires_at: when it ends unless refreshed.
    """

    contact: str
    target: str
    path: tuple[str, ...]
    hop: Endpoint
    profile: Profile
    call_id: str
    cseq: int
    expires_at: Micros


class _Due(NamedTuple):
    when: Micros
    number: int
    impi: Impi
    challenge: bool


class Registrar:
    """The tables of one S-CSCF. Each user has at most one open challenge and one binding."""

    def __init__(self) -> None:
        self.challenges: dict[Impi, OpenChallenge] = {}
        self.bindings: dict[Impi, Binding] = {}
        self._users: dict[Impu, Impi] = {}
        self._due: list[_Due] = []
        self._number = 0

    def challenge(self, impi: Impi, challenge: OpenChallenge) -> None:
        """Keep a challenge; an earlier one of the user is void (MGP-05)."""
        self.challenges[impi] = challenge
        self._note(challenge.expires_at, impi, challenge=True)

    def bind(self, impi: Impi, binding: Binding) -> None:
        """Keep a registration in place of the user's earlier one."""
        known = self.bindings.get(impi)
        self.bindings[impi] = binding
        if known is None:
            self._note(binding.expires_at, impi, challenge=False)
        if known is None or known.profile != binding.profile:
            self._users.update(dict.fromkeys(map(identity_key, binding.profile.impus), impi))

    def release(self, impi: Impi) -> Binding | None:
        """End a registration, all its public identities with it (MGP-09)."""
        binding = self.bindings.pop(impi, None)
        if binding is not None:
            for impu in map(identity_key, binding.profile.impus):
                if self._users.get(impu) == impi:
                    del self._users[impu]
        return binding

    def binding_of(self, impu: Impu) -> Binding | None:
        """The registration that a public identity belongs to, given by its key."""
        impi = self._users.get(impu)
        return None if impi is None else self.bindings.get(impi)

    def next_deadline(self) -> Micros | None:
        """Moment at which the first challenge or registration may end."""
        return self._due[0].when if self._due else None

    def ended(self, now: Micros) -> Iterator[tuple[Impi, Binding]]:
        """Drop what is over by now; gives the registrations that ended."""
        while self._due and self._due[0].when <= now:
            due = heappop(self._due)
            if due.challenge:
                challenge = self.challenges.get(due.impi)
                if challenge is not None and challenge.expires_at <= now:
                    del self.challenges[due.impi]
                continue
            binding = self.bindings.get(due.impi)
            if binding is None:
                continue
            if binding.expires_at > now:  # refreshed meanwhile
                self._note(binding.expires_at, due.impi, challenge=False)
                continue
            self.release(due.impi)
            yield due.impi, binding

    def _note(self, when: Micros, impi: Impi, *, challenge: bool) -> None:
        self._number += 1
        heappush(self._due, _Due(when, self._number, impi, challenge))
