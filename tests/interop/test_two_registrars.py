"""The first of two I-CSCFs behind a NAPTR is killed while 50 UEs register (RFC 3263 §4.3; PCS-06)."""

import asyncio
from pathlib import Path

import pytest
from tests.interop.two_registrars import run

pytestmark = pytest.mark.slow

UES = 50
ONE_CYCLE_S = 4.0
"""Of Gm: what was sent once more after T1 = 2 s would come again after as long once more (TMR-04)."""


def test_no_registration_fails_for_longer_than_one_retransmission(tmp_path: Path) -> None:
    """PCS-06, RFC 3263 §4.3: none fails, and those that met the dead server come about in a cycle."""
    outcome = asyncio.run(run(tmp_path, UES))
    later = outcome.since_kill()
    assert outcome.failed == []
    assert len(later) > 2 * UES
    assert later[0].took_s < ONE_CYCLE_S, outcome.table()
    assert later[0].took_s > 1, "nobody has met the dead server: nothing was tested"
