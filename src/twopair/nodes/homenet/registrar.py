"""Who is registered, and where: the bindings of the S-CSCF, until their time is over (24.229 §5.4.1.2.2F).

A user has few beside each other, as `core.registration.flows` says: flows, and one for emergency.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import NamedTuple

from twopair.base import Endpoint, Impi, Impu, Micros
from twopair.core.registration.flows import ALONE, RegFlow, takes_place_of
from twopair.core.service.subscription import covers, is_wildcarded
from twopair.nodes.cx import Profile
from twopair.nodes.homenet.identities import identity_key


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
        flow: its name among those of the user.
        impu: the identity that was registered, the others with it; its key. None: not known.
        impi: whose. None: not known.
        preference: q of Contact in thousandths; those of the highest are called first (RFC 3261 §16.6).
    """

    contact: str
    target: str
    path: tuple[str, ...]
    hop: Endpoint
    profile: Profile
    call_id: str
    cseq: int
    expires_at: Micros
    flow: RegFlow = ALONE
    impu: Impu | None = None
    impi: Impi | None = None
    preference: int = 1000


class _Due(NamedTuple):
    when: Micros
    number: int
    impi: Impi
    flow: RegFlow


class Registrar:
    """The bindings of one S-CSCF.

    Args:
        flows_per_impi: how many a user may have, emergency apart (MGU-09).
    """

    def __init__(self, flows_per_impi: int) -> None:
        self._most = flows_per_impi
        self._bindings: dict[Impi, tuple[Binding, ...]] = {}
        self._owners: dict[Impu, tuple[Impi, ...]] = {}
        self._wild: dict[Impu, tuple[Impi, ...]] = {}
        self._due: list[_Due] = []
        self._noted: dict[tuple[Impi, RegFlow], Micros] = {}
        self._number = 0

    @property
    def users(self) -> int:
        """How many users are registered."""
        return len(self._bindings)

    def of(self, impi: Impi) -> tuple[Binding, ...]:
        """The registrations of a user; the one made or refreshed last stands last."""
        return self._bindings.get(impi, ())

    def of_identity(self, impu: Impu) -> tuple[Binding, ...]:
        """The registrations that a public identity belongs to, given by its key: of all who have it."""
        impis = self.owners(impu)
        if len(impis) == 1:
            return self.of(impis[0])
        return tuple(binding for impi in impis for binding in self.of(impi))

    def room_for(self, impi: Impi, flow: RegFlow) -> bool:
        """Whether a user may have a registration of that name; what stands gives way to nothing (MGU-09)."""
        beside = [one for one in self.of(impi) if not one.flow.sos and not takes_place_of(flow, one.flow)]
        return flow.sos or len(beside) < self._most

    def bind(self, impi: Impi, new: Binding) -> tuple[Binding, ...]:
        """Keep a registration; gives those whose place it takes, also what it was itself before."""
        known = self.of(impi)
        gone = tuple(one for one in known if takes_place_of(new.flow, one.flow))
        self._bindings[impi] = (*(one for one in known if one not in gone), new)
        self._note(new.expires_at, impi, new.flow)
        if not known or known[-1].profile != new.profile:
            for one in known[-1:]:
                self._forget(impi, one.profile)
            self._know(impi, new.profile)
        return gone

    def release(self, impi: Impi, binding: Binding) -> bool:
        """End a registration; whether it was the last one, with which all public identities go (MGP-09)."""
        left = tuple(one for one in self.of(impi) if one is not binding)
        if left:
            self._bindings[impi] = left
            return False
        self._bindings.pop(impi, None)
        self._forget(impi, binding.profile)
        return True

    def owner(self, impu: Impu) -> Impi | None:
        """Who has registered a public identity, given by its key; of several, the first."""
        return next(iter(self.owners(impu)), None)

    def owners(self, impu: Impu) -> tuple[Impi, ...]:
        """All who have registered it, or else a wildcarded one that stands for it (23.003 §13.4A.3)."""
        found = self._owners.get(impu)
        if found is not None or not self._wild:
            return found or ()
        return next((impis for wild, impis in self._wild.items() if covers(wild, impu)), ())

    def _know(self, impi: Impi, profile: Profile) -> None:
        for impu in dict.fromkeys(map(identity_key, profile.impus)):
            self._owners[impu] = (*self._owners.get(impu, ()), impi)
            if is_wildcarded(impu):
                self._wild[impu] = self._owners[impu]

    def _forget(self, impi: Impi, profile: Profile) -> None:
        for impu in dict.fromkeys(map(identity_key, profile.impus)):
            left = tuple(one for one in self._owners.pop(impu, ()) if one != impi)
            self._wild.pop(impu, None)
            if left:
                self._owners[impu] = left
                if is_wildcarded(impu):
                    self._wild[impu] = left

    def shorten(self, impi: Impi, binding: Binding, until: Micros) -> Binding:
        """Let a registration end earlier; gives it as it is now (24.229 §5.4.1.6)."""
        shorter = replace(binding, expires_at=min(binding.expires_at, until))
        self._bindings[impi] = tuple(shorter if one is binding else one for one in self.of(impi))
        self._note(shorter.expires_at, impi, shorter.flow)
        return shorter

    def renew(self, impi: Impi, profile: Profile) -> None:
        """Give the registrations of a user another implicit set, if there are any."""
        known = self.of(impi)
        if not known:
            return
        self._forget(impi, known[-1].profile)
        self._know(impi, profile)
        self._bindings[impi] = tuple(replace(one, profile=profile) for one in known)

    def next_deadline(self) -> Micros | None:
        """Moment at which the first registration may end."""
        return self._due[0].when if self._due else None

    def ended(self, now: Micros) -> Iterator[tuple[Impi, Binding]]:
        """The registrations that are over by now and must be released."""
        while self._due and self._due[0].when <= now:
            due = heappop(self._due)
            if self._noted.get((due.impi, due.flow)) != due.when:  # an earlier one took its place
                continue
            del self._noted[due.impi, due.flow]
            binding = next((one for one in self.of(due.impi) if one.flow == due.flow), None)
            if binding is not None and binding.expires_at > now:  # refreshed meanwhile
                self._note(binding.expires_at, due.impi, due.flow)
            elif binding is not None:
                yield due.impi, binding

    def _note(self, when: Micros, impi: Impi, flow: RegFlow) -> None:
        """Look at a registration at that time, unless that is done before it anyway."""
        noted = self._noted.get((impi, flow))
        if noted is not None and noted <= when:
            return
        self._noted[impi, flow] = when
        self._number += 1
        heappush(self._due, _Due(when, self._number, impi, flow))
