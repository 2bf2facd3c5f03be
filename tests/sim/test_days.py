"""Thousands of days, all laws; kept seeds; and the same day again in another process."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from twopair.swarm import Verdict, run

ROOT = Path(__file__).parents[2]
DAYS = int(os.environ.get("TWOPAIR_DAYS", "2000"))
FIRST = int(os.environ.get("TWOPAIR_FIRST_SEED", "0"))
CHUNK = 50
"""Days of one test: short enough for all processes to have as much to do."""

KEPT = tomllib.loads((Path(__file__).parent / "seeds.toml").read_text())["seed"]
IN_ANOTHER_PROCESS = "from twopair.swarm import run; print(*(run(seed).digest for seed in range(20, 26)))"


def broken(verdicts: list[Verdict]) -> str:
    """Those that are not ok, with the lines that repeat them."""
    return "\n".join(f"{v.law}: {v.detail}; {v.repeat}" for v in verdicts if not v.ok)


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: str(kept["number"]))
def test_kept_seeds(kept: dict[str, object]) -> None:
    """What was found once is not found again."""
    assert isinstance(kept["number"], int)
    assert broken([run(kept["number"])]) == ""


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FIRST, FIRST + DAYS, CHUNK))
def test_days(first: int) -> None:
    """Safety after every event, liveness after calm; 2,000 days here, as many as are asked for at night."""
    verdicts = [run(seed) for seed in range(first, min(first + CHUNK, FIRST + DAYS))]
    assert broken(verdicts) == ""
    assert sum(verdict.registrations for verdict in verdicts) > 3 * len(verdicts)
    assert len({verdict.digest for verdict in verdicts}) == len(verdicts)


def test_the_hash_seed_does_not_matter() -> None:
    """Equal digests under another PYTHONHASHSEED: nothing hangs on the order of a set."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "4711")
    ]
    digests = {process.communicate(timeout=60)[0] for process in processes}
    assert digests == {" ".join(run(seed).digest for seed in range(20, 26)) + "\n"}


def test_a_broken_law_is_told_with_the_line_that_repeats_it() -> None:
    verdict = run(1)._replace(law="ONCE", detail="a packet came twice")
    assert not verdict.ok
    assert verdict.as_json()["repeat"] == "twopair sim --seed 1 --ladder"
    assert verdict.repeat in broken([verdict])
