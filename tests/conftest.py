"""Which tests run where: those marked `guest` only in the kernel that tests/interop/test_kernel.py boots."""

import os

import pytest

IN_GUEST = "TWOPAIR_GUEST" in os.environ


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for the other kernel."""
    away = [item for item in items if bool(item.get_closest_marker("guest")) is not IN_GUEST]
    if away:
        config.hook.pytest_deselected(items=away)
        items[:] = [item for item in items if item not in set(away)]
