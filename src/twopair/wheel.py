"""Which kind of wheel runs: pure Python, or with compiled modules beside their sources (ADR 24)."""

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import Literal

PACKAGE = __package__
COMPILED_FIRST = f"{PACKAGE}.base.flow"
"""A module that every compiled wheel has compiled."""


class Sources:
    """Finds our modules by their sources, also where compiled ones stand beside them."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As the import system asks; None for what is not ours.

        Raises:
            ModuleNotFoundError: it is ours and has no source in Python, as what is written in C.
        """
        if path is None or not name.startswith(f"{PACKAGE}."):
            return None
        found = next(filter(None, (_finder(folder).find_spec(name, target) for folder in path)), None)
        if found is None:
            raise ModuleNotFoundError(f"no source of {name}", name=name)
        return found


@cache
def _finder(folder: str) -> FileFinder:
    return FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))


def prefer_sources() -> None:
    """From now on no compiled module of ours is loaded."""
    sys.meta_path.insert(0, Sources)


def kind() -> Literal["compiled", "pure"]:
    """What this process runs, by what was loaded."""
    return "pure" if str(import_module(COMPILED_FIRST).__file__).endswith(".py") else "compiled"
