"""What a watcher knows of registrations: documents put together, in order (RFC 3680 §4.7.1, §5.1)."""

from enum import Enum
from sys import intern

from twopair.wire.reginfo import RegInfo, RegState


class Applied(Enum):
    """What became of a document."""

    NEWS = "it was put together with those before"
    STALE = "it is not newer than what is known"
    GAP = "one before it is missing: full state must be asked for"

    __hash__ = object.__hash__


class RegWatch:
    """The registrations that one subscription tells of; no more is kept than who is where.

    Attributes:
        contacts: by identity, its active contacts, each with name and URI; none has no entry.
    """

    __slots__ = ("_version", "contacts")

    def __init__(self) -> None:
        self.contacts: dict[str, tuple[tuple[str, str], ...]] = {}
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
            self.contacts = {}
        for one in info.registrations:
            told = {contact.id for contact in one.contacts}
            before = [known for known in self.contacts.get(one.aor, ()) if known[0] not in told]
            new = [(intern(contact.id), intern(contact.uri)) for contact in one.contacts if contact.active]
            if one.state is RegState.ACTIVE and (new or before):
                self.contacts[intern(one.aor)] = (*new, *before)
            else:
                self.contacts.pop(one.aor, None)
        return Applied.NEWS
