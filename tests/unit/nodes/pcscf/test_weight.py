"""What a registered UE costs in memory: octets of all objects that hang on node and back end (ADR 27)."""

import gc

import pytest
from tests.population import BACKENDS, TIMERS_OVER_S, Population
from tests.weight import weigh

from twopair.base import SECOND, Suite
from twopair.wheel import kind

UES = 128
MOST = 1.0 if kind() == "pure" else 6.5 / 6.0
"""Of the bounds: compiled code makes a number anew for each who keeps it."""

ALGORITHMS = (Suite("hmac-sha-1-96", "aes-cbc"), Suite("hmac-sha-1-96", "null"))


def per_ue(populations: list[Population]) -> float:
    """What twice as many UEs have more, for each of them."""
    gc.collect()
    few, many = (weigh(population.roots).octets for population in populations)
    return (many - few) / UES


def registered(populations: list[Population], turn: int) -> None:
    """Each of them once more."""
    for population, count in zip(populations, (UES, 2 * UES), strict=True):
        for number in range(count):
            population.register(number, turn)


def over(populations: list[Population]) -> None:
    """All timers but those of the registrations."""
    for population in populations:
        population.wait(TIMERS_OVER_S * SECOND)


@pytest.mark.parametrize(
    ("backend", "under_way", "after"), [("memory", 8_500, 4_000), ("userspace", 10_500, 5_500)]
)
def test_what_a_ue_costs(backend: str, under_way: int, after: int) -> None:
    """Bounds with little to spare: whoever gives every UE one more text or list is told."""
    populations = [Population(BACKENDS[backend](), ALGORITHMS) for _ in range(2)]
    registered(populations, 0)
    assert per_ue(populations) < MOST * under_way
    over(populations)
    assert per_ue(populations) < MOST * after


@pytest.mark.slow
def test_a_ue_that_registers_again_and_again_costs_no_more() -> None:
    """Nothing of a set that has gone stays: not in the agenda either, until its lifetime would have ended."""
    populations = [Population(BACKENDS["memory"](), ALGORITHMS) for _ in range(2)]
    found = []
    for turn in range(3):
        registered(populations, turn)
        over(populations)
        found.append(per_ue(populations))
    assert found[2] < 1.02 * found[1]
