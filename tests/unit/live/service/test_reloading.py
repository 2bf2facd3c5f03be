"""SIGHUP: what is taken of a file, and what is said of it."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twopair.backends.contract import Features
from twopair.backends.memory import MemoryBackend
from twopair.base import Suite
from twopair.live.config import PcscfFile, read
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.ipsec import Ipsec
from twopair.live.service.reloading import reload
from twopair.live.service.running import Running
from twopair.nodes.pcscf import Pcscf

LAB = Path(__file__).parents[4] / "examples/lab"


class Poor(MemoryBackend):
    """A back end that can do two suites."""

    @property
    def features(self) -> Features:
        return Features("poor", True, (Suite.parse("null/aes-gcm"), Suite.parse("hmac-sha-1-96/null")))


Test = Callable[[Running], None]


@pytest.fixture
def on_running(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Callable[[Test], None]:
    """Do something with a P-CSCF that has no sockets, and whose list is what `Poor` can do."""
    caplog.set_level(logging.INFO, "twopair")
    file = tmp_path / "pcscf.toml"
    text = (LAB / "pcscf.toml").read_text()
    file.write_text(text.replace('"aes-gmac/null", "hmac-sha-1-96/aes-cbc", ', ""))

    def run(test: Test) -> None:
        async def within() -> None:
            settings, backend = read(file, PcscfFile), Poor()
            node = Pcscf(settings.config(), OsEntropy())
            ipsec = Ipsec(backend, None, lambda: None)
            test(Running(file, settings, node, Driver(node, backend), ipsec, None))

        asyncio.run(within())

    return run


def change(running: Running, old: str, new: str) -> None:
    text = running.file.read_text()
    assert old in text
    running.file.write_text(text.replace(old, new))


def test_the_node_and_all_who_listen_are_told(on_running: Callable[[Test], None]) -> None:
    def test(running: Running) -> None:
        heard: list[Any] = []
        running.renewed.append(heard.append)
        change(running, '"preferred"', '"off"')
        change(running, 'registrar = "sip:10.20.0.2:', 'registrar = "sip:10.20.0.9:')
        reload(running)
        assert heard == [running.settings]
        assert running.node.tables.config == running.settings.config()
        assert running.settings.security.confidentiality == "off"

    on_running(test)


def test_an_algorithm_that_the_back_end_lacks(
    on_running: Callable[[Test], None], caplog: pytest.LogCaptureFixture
) -> None:
    """Else every registration that agrees on it would fail at the installation."""

    def test(running: Running) -> None:
        before, heard = running.settings, list[Any]()
        running.renewed.append(heard.append)
        change(running, '"null/aes-gcm", ', '"null/aes-gcm", "hmac-sha-1-96/aes-cbc", ')
        reload(running)
        assert running.settings is before
        assert running.node.tables.config == before.config()
        assert heard == []

    on_running(test)
    assert "hmac-sha-1-96/aes-cbc is nothing that poor can do" in caplog.text
    assert "all stays as it was" in caplog.text


def test_what_does_not_go_together_with_what_stays(
    on_running: Callable[[Test], None], caplog: pytest.LogCaptureFixture
) -> None:
    """The file is right, but for its core.address, which this P-CSCF does not have before a restart."""

    def test(running: Running) -> None:
        before = running.settings
        change(running, 'address = "10.20.0.1"', 'address = "10.20.0.77"')
        change(running, "10.20.0.2:5060", "10.20.0.1:5060")
        reload(running)
        assert running.settings is before

    on_running(test)
    assert "core.registrar: is this P-CSCF itself" in caplog.text
    assert "as long as what needs a restart is as before" in caplog.text


def test_nothing_is_told_where_nothing_has_changed(
    on_running: Callable[[Test], None], caplog: pytest.LogCaptureFixture
) -> None:
    def test(running: Running) -> None:
        config = running.node.tables.config
        reload(running)
        assert running.node.tables.config is config

    on_running(test)
    assert "nothing has changed" in caplog.text
