"""A new key for what is kept, while no P-CSCF runs on it (KEY-10)."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from twopair.live.config import PcscfFile
from twopair.live.config.part import Part
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
    of = settings.workers
    parts = [settings.for_worker(Part(number, of)) for number in range(1, of + 1)]
    with ExitStack() as opened:
        found = [opened.enter_context(open_kept(file, part)) for part in parts]
        if None in found:
            return 0
        add_key(key_file)
    return _sealed_anew(file, parts, key_file)


def _sealed_anew(file: Path, parts: list[PcscfFile], key_file: Path) -> int:
    count = 0
    for part in parts:
        with open_kept(file, part) as kept:
            assert kept is not None, "it was there before"
            count += len(kept.values)
            kept.keep_all(partial(dict, kept.values))
    only_first(key_file)
    return count
