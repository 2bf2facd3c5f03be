"""SIGHUP: what is taken of a file, and what is said of it."""

import asyncio
import logging
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.live.service.bed import change, on_running

from twopair.live.program import until_told_to_end
from twopair.live.service.reloading import reload, reloading
from twopair.live.service.running import Running


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "twopair")


def test_the_node_and_all_who_listen_are_told(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        heard: list[Any] = []
        running.renewed.append(heard.append)
        change(running, '"preferred"', '"off"')
        change(running, 'registrar = "sip:10.20.0.2:', 'registrar = "sip:10.20.0.9:')
        reload(running)
        assert heard == [running.settings]
        assert running.node.tables.config == running.settings.config()
        assert running.settings.security.confidentiality == "off"

    on_running(tmp_path, test)


def test_an_algorithm_that_the_back_end_lacks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Else every registration that agrees on it would fail at the installation."""

    async def test(running: Running) -> None:
        before, heard = running.settings, list[Any]()
        running.renewed.append(heard.append)
        change(running, '"null/aes-gcm", ', '"null/aes-gcm", "hmac-sha-1-96/aes-cbc", ')
        reload(running)
        assert running.settings is before
        assert running.node.tables.config == before.config()
        assert heard == []

    on_running(tmp_path, test)
    assert "hmac-sha-1-96/aes-cbc is nothing that poor can do" in caplog.text
    assert "all stays as it was" in caplog.text


def test_what_does_not_go_together_with_what_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The file is right, but for its core.address, which this P-CSCF does not have before a restart."""

    async def test(running: Running) -> None:
        before = running.settings
        change(running, 'address = "10.20.0.1"', 'address = "10.20.0.77"')
        change(running, "10.20.0.2:5060", "10.20.0.1:5060")
        reload(running)
        assert running.settings is before

    on_running(tmp_path, test)
    assert "core.registrar: is this P-CSCF itself" in caplog.text
    assert "as long as what needs a restart is as before" in caplog.text


def test_nothing_is_told_where_nothing_has_changed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def test(running: Running) -> None:
        config = running.node.tables.config
        reload(running)
        assert running.node.tables.config is config

    on_running(tmp_path, test)
    assert "nothing has changed" in caplog.text


def test_a_host_that_stands_by_reads_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Between two turns there is nothing to apply it to; the signal ends nothing."""

    async def hang_up(words: str) -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        while words not in caplog.text:
            await asyncio.sleep(0.01)

    async def test(running: Running) -> None:
        async with until_told_to_end():
            async with reloading(running):
                change(running, '"preferred"', '"off"')
                await hang_up("security.confidentiality")
            now = running.settings
            change(running, '"off"', '"required"')
            await hang_up("nothing is read while this host does not serve")
            assert running.settings is now
            assert now.security.confidentiality == "off"

    on_running(tmp_path, test)
