"""Which known key a misspelt one was meant to be."""

from collections.abc import Sequence


def nearest(written: str, known: Sequence[str]) -> str | None:
    """The known key that the fewest slips turn into what was written; of equals, one as long as it."""
    slips = {key: _slips(written, key) for key in known}
    most = max(1, len(written) // 3)
    near = [key for key in known if slips[key] <= most and slips[key] < len(key)]
    return min(near, key=lambda key: (slips[key], abs(len(key) - len(written))), default=None)


def _slips(one: str, other: str) -> int:
    """Letters too many, missing, wrong, or two in the wrong order (Damerau-Levenshtein)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for n, letter in enumerate(one, start=1):
        older, before, row = before, row, [n]
        for m, wanted in enumerate(other, start=1):
            least = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (letter != wanted))
            if n > 1 and m > 1 and letter == other[m - 2] and one[n - 2] == wanted:
                least = min(least, older[m - 2] + 1)
            row.append(least)
    return row[-1]
