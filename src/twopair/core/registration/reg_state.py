"""What a watcher knows of registrations: documents put together, in order (RFC 3680 §4.7.1, §5.1)."""

from enum import Enum

from twopair.wire.reginfo import ContactInfo, RegInfo, RegistrationInfo, RegState


class Applied(Enum):
    """What became of a document."""

    NEWS = "it was put together with those before"
    STALE = "it is not newer than what is known"
    GAP = "one before it is missing: full state must be asked for"

    __hash__ = object.__hash__


class RegWatch:
    """The registrations that one subscription tells of.

    Attributes:
        registrations: by identity.
    """

    __slots__ = ("_version", "registrations")

    def __init__(self) -> None:
        self.registrations: dict[str, RegistrationInfo] = {}
        self._version = -1

    def begin(self) -> None:
        """Another subscription counts its versions anew."""
        self._version = -1

    def apply(self, info: RegInfo) -> Applied:
        """Take a document; what is partial needs the one before it."""
        if info.version <= self._version:
            return Applied.STALE
        if not info.full and (self._version < 0 or info.version != self._version + 1):
            return Applied.GAP
        self._version = info.version
        if info.full:
            self.registrations = {}
        for one in info.registrations:
            self.registrations[one.aor] = _merged(self.registrations.get(one.aor), one)
        return Applied.NEWS


def _merged(known: RegistrationInfo | None, told: RegistrationInfo) -> RegistrationInfo:
    """A registration with the contacts that were told of before and are not told of now."""
    if known is None or told.state is RegState.TERMINATED:
        return told
    ids = {contact.id for contact in told.contacts}
    before: tuple[ContactInfo, ...] = tuple(c for c in known.contacts if c.active and c.id not in ids)
    contacts = (*told.contacts, *before)
    return RegistrationInfo(told.aor, told.id, told.state, contacts, told.wildcarded, told.others)
