"""A short run of `make kills`, with ESP in the kernel of P-CSCF and UEs (MGP-14)."""

from pathlib import Path

import pytest
from tests.interop.kills.course import follow
from tests.interop.kills.plan import Plan

pytestmark = pytest.mark.guest

SHORT = Plan(
    "kernel", kills=3, ues=10, seed=1, messages_per_s=1, registrations_per_s=0.5, pause_s=5, forked=True
)


def test_nothing_and_nobody_is_lost(tmp_path: Path) -> None:
    """MGP-14: registrations, calls, messages, and states of the kernel, while the P-CSCF is killed thrice."""
    assert follow(SHORT, tmp_path).lost == []
