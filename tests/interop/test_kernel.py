"""The tests marked `guest`, run in a kernel that has ESP."""

import json
import re
import sys
from pathlib import Path

import pytest
from tests.uml import ESP_MODULES, ROOT, lacking, pytest_in_guest, run_in_guest

pytestmark = [pytest.mark.peer, pytest.mark.slow]


FILES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("kernel", "kamailio")
    for path in (ROOT / "tests/interop" / folder).glob("test_*.py")
)
"""Each has a kernel of its own, so that none waits for the time of another."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tests", ["tests/contract", *FILES])
def test_in_user_mode_linux(tests: str, tmp_path: Path) -> None:
    """The contract holds on the kernel back end, and it gets on with other tools and with our own engine."""
    assert lacking() is None
    finished = run_in_guest(pytest_in_guest(tests), tmp_path, timeout_s=560)
    assert finished.status == 0, finished.output
    passed = re.search(r"(\d+) passed", finished.output)
    assert passed, finished.output
    print(f"{tests} in User-mode Linux: {passed[0]}")


@pytest.mark.parametrize(
    ("without", "status", "words"),
    [
        ({"gcm"}, 3, "IPv4: no null/aes-gcm: the kernel lacks rfc4106(gcm(aes))"),
        (
            {"des_generic"},
            0,
            "IPv6: no hmac-md5-96/des-ede3-cbc: the kernel lacks hmac(md5) with cbc(des3_ede)",
        ),
        ({"esp4", "esp6"}, 3, "kernel has no ESP: CONFIG_INET_ESP is not set, or its module esp4 is missing"),
        ({"esp6"}, 0, "kernel has no ESP for IPv6"),
        ({"esp6", "bridge"}, 0, "IPv6 is off"),
        ({"xfrm_user", "esp4", "esp6"}, 3, "kernel has no XFRM over netlink"),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else "",
)
def test_the_probe_names_what_a_kernel_lacks(
    without: set[str], status: int, words: str, tmp_path: Path
) -> None:
    """In kernels that really lack it; only what is used by default decides the exit code."""
    assert lacking() is None
    command = [sys.executable, "-c", "from twopair.cli.main import run; run()", "probe", "--json"]
    modules = " ".join(name for name in ESP_MODULES.split() if name not in without)
    finished = run_in_guest(command, tmp_path, timeout_s=60, modules=modules)
    assert finished.status == status, finished.output
    told = json.loads(next(line for line in finished.output.splitlines() if line.startswith("{")))
    assert any(lack.startswith(words) for lack in told["lacks"]), told["lacks"]
    assert told["ok"] is (status == 0)
