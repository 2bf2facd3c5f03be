"""Which libraries a folder has, with versions and licences: ``python -m tools.pages.vendored FOLDER``."""

import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions


def vendored(folder: str) -> Iterator[str]:
    """A line for each distribution, by name."""
    found = sorted(distributions(path=[folder]), key=lambda one: one.metadata["Name"].lower())
    for one in found:
        yield f"{one.metadata['Name']:<20} {one.version:<12} {_licence(one)}"


def _licence(one: Distribution) -> str:
    """Its expression, the word it gives, or what its classifiers say."""
    data = one.metadata
    said = data["License-Expression"] or data["License"] or ""
    if said and len(said.splitlines()) == 1:
        return str(said)
    marks = [mark for mark in data.get_all("Classifier") or () if mark.startswith("License ::")]
    return ", ".join(mark.rpartition(":: ")[2] for mark in marks)


if __name__ == "__main__":
    print("Libraries of others in /usr/lib/twopair, each with its licence in its dist-info folder:\n")
    print("\n".join(vendored(sys.argv[1])))
