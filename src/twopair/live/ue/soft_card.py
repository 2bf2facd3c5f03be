"""The card of a UE program: its identities and keys, and where it keeps its sequence numbers."""

from pathlib import Path

from twopair.core.aka import Card
from twopair.live.config.ue import Identity
from twopair.live.tried import beside, tried
from twopair.live.ue.sqn_file import SqnFile


def soft_card(identity: Identity, file: Path) -> Card:
    """The card that table [identity] describes; its sequence numbers lie beside that file (AKA-15).

    The file is read, and writing is tried, before anything is sent.

    Raises:
        ConfigError: what was kept cannot be used, or the path is wrong.
        PrerequisiteMissing: it may not be read and written, or there is no room.
    """
    profile = identity.card_profile()
    if identity.sqn_file is None:
        return Card(profile)
    kept = SqnFile(beside(file, identity.sqn_file))
    with tried(file, "identity.sqn_file", identity.sqn_file):
        card = Card(profile, kept.load(), kept.keep)
        kept.try_writing()
    return card
