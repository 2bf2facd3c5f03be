"""Which tests run where: those marked `guest` only in the kernel that tests/interop/test_kernel.py boots."""

import os

import pytest

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
