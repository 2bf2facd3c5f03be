"""The card of a UE program: its identities and keys, and where it keeps its sequence numbers."""

from pathlib import Path

from twopair.core.aka import Card
from twopair.live.config import ConfigError
from twopair.live.config.ue import Identity
from twopair.live.ue.sqn_file import SqnFile


def soft_card(identity: Identity, file: Path) -> Card:
    """The card that table [identity] describes; its sequence numbers lie beside that file (AKA-15).

    Raises:
        ConfigError: what was kept cannot be used.
    """
    profile = identity.card_profile()
    if identity.sqn_file is None:
        return Card(profile)
    kept = SqnFile(file.parent / identity.sqn_file)
    try:
        return Card(profile, kept.load(), kept.keep)
    except (OSError, ValueError) as error:
        raise ConfigError([f"{file}: identity.sqn_file = {kept.path}: {error}"]) from None
