"""The network that several tests of programs share."""

from collections.abc import Iterator

import pytest
from tests.interop.programs import Programs


@pytest.fixture
def network() -> Iterator[Programs]:
    """Hosts with the addresses of examples/lab: UEs and P-CSCF on a bridge, the home network behind."""
    with Programs() as programs:
        for name in ("pcscf", "home", "ue1", "ue2"):
            programs.host(name)
        programs.on_bridge("pcscf", "10.10.0.1/16")
        programs.on_bridge("ue1", "10.10.1.1/16")
        programs.on_bridge("ue2", "10.10.1.2/16")
        programs.cable("pcscf", "10.20.0.1/24", "home", "10.20.0.2/24")
        yield programs
