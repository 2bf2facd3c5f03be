"""What has become of a registration, and how a document says it (RFC 3680 §3.4, §5; 24.229 §5.4.2.1.2)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2s
from typing import NamedTuple

from twopair.base import Impi, Impu, Micros, seconds
from twopair.nodes.cx import Profile
from twopair.nodes.homenet.accepted import associated
from twopair.nodes.homenet.identities import identity_key
from twopair.nodes.homenet.registrar import Binding
from twopair.wire.reginfo import ContactEvent, ContactInfo, RegistrationInfo, RegState
from twopair.wire.sip import NameAddr, unquote

_KNOWN: frozenset[str] = frozenset({"q", "expires"})


class Change(NamedTuple):
    """One change of one registration.

    Args:
        impi: whose.
        binding: as it is now, or was last.
        event: what has happened.
        retry_after_s: with ``probation``, when to try again.
    """

    impi: Impi
    binding: Binding
    event: ContactEvent
    retry_after_s: int | None = None

    @property
    def ends(self) -> bool:
        """Whether it is over."""
        return self.event in ENDS


ENDS = frozenset(
    {
        ContactEvent.EXPIRED,
        ContactEvent.DEACTIVATED,
        ContactEvent.PROBATION,
        ContactEvent.UNREGISTERED,
        ContactEvent.REJECTED,
    }
)
"""Events of a contact that is terminated (RFC 3680 §3.4)."""


def documents(
    profile: Profile, bindings: Sequence[Binding], changes: Iterable[Change], now: Micros
) -> tuple[RegistrationInfo, ...]:
    """What is told of one user: each identity that is not barred, with contacts.

    Args:
        profile: the identities.
        bindings: what stands.
        changes: the contacts that are told of; all that stand, with full state.
        now: the moment.
    """
    state = RegState.ACTIVE if bindings else RegState.TERMINATED
    told = list(changes)
    return tuple(
        RegistrationInfo(impu, _name(impu), state, tuple(_contact(one, impu, now) for one in told))
        for impu in associated(profile)
    )


def standing(impi: Impi, bindings: Iterable[Binding]) -> list[Change]:
    """What stands, as full state tells it."""
    return [Change(impi, one, ContactEvent.REGISTERED) for one in bindings]


def _contact(change: Change, impu: Impu, now: Micros) -> ContactInfo:
    binding, event = change.binding, change.event
    if event is ContactEvent.REGISTERED and binding.impu and binding.impu != identity_key(impu):
        event = ContactEvent.CREATED  # with another one of its set (24.229 §5.4.2.1.2)
    address = NameAddr.parse(binding.contact)
    params = {name: unquote(value or "") for name, value in address.params.items()}
    told = ContactInfo(
        id=_name(f"{binding.target} {binding.flow}"),
        uri=binding.target,
        active=not change.ends,
        event=event,
        call_id=binding.call_id,
        cseq=binding.cseq,
        q=params.get("q", ""),
        unknown=tuple((name, value) for name, value in params.items() if name not in _KNOWN),
    )
    if change.ends:
        return replace(told, retry_after_s=change.retry_after_s)
    return replace(told, expires_s=max(0, binding.expires_at - now) // seconds(1))


def _name(text: str) -> str:
    """The same for the same thing in every document."""
    return blake2s(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
