"""The kernel's counters under our names (ERR-32)."""

import os
from pathlib import Path

import pytest

from twopair.backends.kernel import statistics
from twopair.backends.kernel.statistics import REASONS, Statistics
from twopair.core.esp import Drop

LINE = "{:<24}\t{}\n"


def write(path: Path, **counts: int) -> None:
    path.write_text("".join(LINE.format(name, counts.get(name, 0)) for name in (*REASONS, "XfrmFwdHdrError")))


def test_only_what_was_dropped_since_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "xfrm_stat"
    monkeypatch.setattr(statistics, "_OF_THIS_THREAD", str(table))
    write(table, XfrmInNoStates=5, XfrmInStateSeqError=1)
    counted = Statistics()
    assert counted.drops() == {}
    write(table, XfrmInNoStates=7, XfrmInStateSeqError=1, XfrmInPolBlock=2, XfrmInTmplMismatch=3)
    assert counted.drops() == {"UNKNOWN_SPI": 2, "CLEAR_TO_PROTECTED": 5}
    counted.close()
    counted.close()


def test_a_kernel_that_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "_OF_THIS_THREAD", str(tmp_path / "nothing"))
    counted = Statistics()
    assert counted.drops() == {}
    counted.close()


def test_reasons_are_names_of_this_kernel() -> None:
    """Those of the running kernel that speak of packets of ours are known; none is misspelt."""
    if not os.path.exists("/proc/net/xfrm_stat"):  # noqa: PTH110  a special file
        pytest.skip("this kernel does not count (CONFIG_XFRM_STATISTICS)")
    names = {line.split()[0] for line in Path("/proc/net/xfrm_stat").read_text().splitlines()}
    assert set(REASONS) <= names
    assert set(REASONS.values()) <= set(Drop)
