"""What holds for all tests: which run where, and that none fails for the time an example takes.

Those marked `guest` run only in the kernel that tests/interop/test_kernel.py boots.
"""

import logging
import os
import signal
from collections.abc import Iterator
from itertools import islice

import pytest
from hypothesis import HealthCheck, settings

from twopair.wheel import kind

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # how long an example takes says how busy the machine is

IN_GUEST = "TWOPAIR_GUEST" in os.environ
HALF = os.environ.get("TWOPAIR_HALF", "")
"""Every second test only: 0 or 1, where the other half runs on the other wheel."""


def pytest_configure() -> None:
    """End at once where other code than the tested wheel's would be tested; programs hear SIGINT.

    A shell that starts tests in the background has it ignored, and what they start would inherit that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if (wanted := os.environ.get("TWOPAIR_TESTED")) not in {None, kind()}:
        pytest.exit(f"these tests are for the {wanted} wheel; what is loaded is {kind()}", returncode=3)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for the other kernel, or for the other wheel; what may take long comes early."""
    here: list[pytest.Item] = []
    away: list[pytest.Item] = []
    for item in items:
        (here if bool(item.get_closest_marker("guest")) is IN_GUEST else away).append(item)
    here.sort(key=_may_take_s, reverse=True)
    if HALF and not IN_GUEST:
        away += here[1 - int(HALF) :: 2]
        here = here[int(HALF) :: 2]
    if away:
        config.hook.pytest_deselected(items=away)
    items[:] = _spread(here)


def _may_take_s(item: pytest.Item) -> float:
    own = item.get_closest_marker("timeout")
    return float(own.args[0]) if own else 0


def _spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """Each that may take long, then four others: guests compute, so not all workers should have one."""
    others = iter([item for item in items if not _may_take_s(item)])
    early = [one for item in items if _may_take_s(item) for one in (item, *islice(others, 4))]
    return [*early, *others]


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    """Commands that a test calls set the level of our log; the next test finds it as it was."""
    logger = logging.getLogger("twopair")
    before = logger.level
    yield
    logger.setLevel(before)
