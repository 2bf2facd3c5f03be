"""The network that several tests of programs share."""

from collections.abc import Iterator

import pytest
from tests.interop.programs import Programs, lab


@pytest.fixture
def network() -> Iterator[Programs]:
    """Hosts with the addresses of examples/lab: UEs and P-CSCF on a bridge, the home network behind."""
    with lab() as programs:
        yield programs
