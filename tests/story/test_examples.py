"""The examples run as they stand."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.lab
def test_figure_1() -> None:
    """Table 3.5: over TCP each of the four SAs carries messages (MSG-01)."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / "figure_1.py"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    blocks = done.stdout.split("\n\n")
    assert [block.split()[0] for block in blocks[1:5]] == ["SA1-up", "SA1-dn", "SA2-dn", "SA2-up"]
    assert "REGISTER sip:" in blocks[1]
    assert "SIP/2.0 200 OK" in blocks[2]
    assert "MESSAGE sip:" in blocks[3]
    assert blocks[5] == "all checks hold\n"
