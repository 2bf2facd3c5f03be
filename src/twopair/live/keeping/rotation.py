"""A new key for what is kept, while no P-CSCF runs on it (KEY-10)."""

from pathlib import Path

from twopair.live.config import PcscfFile
from twopair.live.keeping.keys import add_key, only_first
from twopair.live.keeping.opened import open_kept, places


def rotate(file: Path, settings: PcscfFile) -> int:
    """Seal all that is kept with a new key, and forget the old one; gives the number of registrations.

    It may end at any moment: until all is sealed anew the file has both keys. A second run completes it.

    Raises:
        ConfigError: the file is wrong.
        PrerequisiteMissing: the store is not to be had, or a P-CSCF has it.
    """
    key_file = places(file, settings).key_file
    with open_kept(file, settings) as kept:
        if kept is None:
            return 0
        add_key(key_file)
    with open_kept(file, settings) as kept:
        assert kept is not None, "it was there before"
        count = len(kept.values)
        kept.keep_all(lambda: kept.values)
    only_first(key_file)
    return count
