"""The laws bite: every deliberate defect is found, and how soon."""

import pytest
from tests.sim.mutants import MUTANTS, Mutant

from twopair.swarm import run

SEEDS = 500


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_is_killed(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 500 seeds, and by a law that has to do with it."""
    variant = mutant.make(monkeypatch)
    for seed in (mutant.seed, *range(SEEDS)):
        verdict = run(seed, variant)
        if not verdict.ok:
            assert verdict.law in mutant.laws, verdict
            print(f"{mutant.name}: {verdict.law} at seed {seed}")
            return
    pytest.fail(f"{mutant.name}: alive after {SEEDS} seeds")
