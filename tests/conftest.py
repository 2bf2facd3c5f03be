"""What holds for all tests: which run where, and that none fails for the time an example takes.

Those marked `guest` run only in the kernel that tests/interop/test_kernel.py boots.
"""

import logging
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # how long an example takes says how busy the machine is

IN_GUEST = "TWOPAIR_GUEST" in os.environ


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for the other kernel."""
    here: list[pytest.Item] = []
    away: list[pytest.Item] = []
    for item in items:
        (here if bool(item.get_closest_marker("guest")) is IN_GUEST else away).append(item)
    if away:
        config.hook.pytest_deselected(items=away)
        items[:] = here


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    """Commands that a test calls set the level of our log; the next test finds it as it was."""
    logger = logging.getLogger("twopair")
    before = logger.level
    yield
    logger.setLevel(before)
