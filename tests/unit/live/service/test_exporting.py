"""[export] of pcscf.toml, and another one at SIGHUP."""

from pathlib import Path

import pytest
from tests.unit.live.service.bed import change, on_running

from twopair.live.hep_export import HepExport
from twopair.live.service.exporting import exporting
from twopair.live.service.reloading import reload
from twopair.live.service.running import Running


def test_nobody_looks_unless_asked(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        async with exporting(running):
            assert running.driver.taps == []

    on_running(tmp_path, test)


def test_another_server(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The key that it wants is in no line."""

    async def test(running: Running) -> None:
        async with exporting(running):
            change(running, "[ipsec]", '[export]\nhep = "127.0.0.1"\nauth_key = "hush"\n[ipsec]')
            reload(running)
            (first,) = running.driver.taps
            assert isinstance(first, HepExport)
            reload(running)
            assert running.driver.taps == [first], "the same as before"
            change(running, '"127.0.0.1"', '"127.0.0.1:9061"')
            change(running, '"hush"', '"pst"')
            reload(running)
            (second,) = running.driver.taps
            assert second is not first
            change(running, 'hep = "127.0.0.1:9061"', "")
            reload(running)
            assert running.driver.taps == []
            change(running, "[export]", '[export]\nhep = "127.0.0.1"')
            reload(running)
            assert len(running.driver.taps) == 1
        assert running.driver.taps == []

    caplog.set_level("INFO", "twopair")
    on_running(tmp_path, test)
    assert "export.hep: 127.0.0.1:9060 -> 127.0.0.1:9061" in caplog.text
    assert "export.auth_key: (hidden) -> (hidden)" in caplog.text
    assert "hush" not in caplog.text
    assert "pst" not in caplog.text
