"""The network that several tests of programs share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.interop.programs import Programs, lab


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder is marked: programs wait for each other, also on loopback."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.programs)


@pytest.fixture
def network() -> Iterator[Programs]:
    """Hosts with the addresses of examples/lab: UEs and P-CSCF on a bridge, the home network behind."""
    with lab() as programs:
        yield programs
