"""Memory is given back after a rush, and never while as much comes as goes."""

import subprocess
import sys

from twopair.live.service.ebb import MANY, Ebb

_RUSH = """
from pathlib import Path
from twopair.live.service.ebb import give_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

kept = [bytes(700) for _ in range(100_000)]
kept[:] = kept[::50]  # what stays stands between what goes
before = resident()
give_back()
print(before - resident())
"""


def test_it_has_come_when_half_is_over() -> None:
    ebb = Ebb()
    assert [ebb.has_come(n) for n in (MANY, MANY // 2 + 1, MANY // 2, MANY // 2, 0)] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_a_steady_load_is_not_disturbed() -> None:
    ebb = Ebb()
    assert not any(ebb.has_come(10 * MANY + n % 7 * MANY) for n in range(100))


def test_few_are_not_worth_it() -> None:
    ebb = Ebb()
    assert not any(ebb.has_come(n) for n in (MANY - 1, 0, MANY - 1, 0))


def test_what_is_free_goes_back() -> None:
    """Glibc keeps it otherwise, since what is still used stands behind it."""
    given = subprocess.run([sys.executable, "-c", _RUSH], check=True, capture_output=True, text=True).stdout
    assert int(given) > 35_000_000
