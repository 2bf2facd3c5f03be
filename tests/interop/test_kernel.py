"""The tests marked `guest`, run in a kernel that has ESP."""

import re
from pathlib import Path

import pytest
from tests.uml import lacking, pytest_in_guest, run_in_guest

pytestmark = [pytest.mark.peer, pytest.mark.slow]


@pytest.mark.parametrize("tests", ["tests/contract", "tests/interop/kernel"])
def test_in_user_mode_linux(tests: str, tmp_path: Path) -> None:
    """The contract holds on the kernel back end, and it gets on with other tools and with our own engine."""
    if why := lacking():
        pytest.skip(why)
    finished = run_in_guest(pytest_in_guest(tests), tmp_path, timeout_s=240)
    assert finished.status == 0, finished.output
    passed = re.search(r"(\d+) passed", finished.output)
    assert passed, finished.output
    print(f"{tests} in User-mode Linux: {passed[0]}")
