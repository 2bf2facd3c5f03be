"""One call of each cell of the matrix; `make calls` plays 200 (RFC 3261 §16; PCS-15, PCS-17, UEP-09)."""

from collections.abc import Iterator

import pytest
from tests.interop.calls.matrix import TRANSPORTS, Matrix
from tests.interop.calls.plans import PLANS
from tests.interop.programs import NEEDS_ROOT

pytestmark = [pytest.mark.lab, pytest.mark.peer, NEEDS_ROOT]


@pytest.fixture(scope="module", params=TRANSPORTS)
def matrix(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with Matrix(request.param, tmp_path_factory.mktemp("calls")) as matrix:
        yield matrix


@pytest.mark.parametrize("plan", PLANS)
def test_a_call(matrix: Matrix, plan: str) -> None:
    """PCS-15, PCS-17: SIPp checks that each request is as planned, and that nothing of Gm is in it."""
    matrix.calls(plan)
