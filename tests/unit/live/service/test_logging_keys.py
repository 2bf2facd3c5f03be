"""[log] keys of pcscf.toml: at start, at SIGHUP, and for sets that are there already."""

import asyncio
from pathlib import Path

import pytest
from tests.figure1_sets import GCM, Dice, sa_set
from tests.unit.live.service.bed import change, on_running

from twopair.base import Spi
from twopair.core.sa import End, InstallSas, SaSet, Spis
from twopair.live.config import ConfigError, PcscfFile, read
from twopair.live.key_log import lines_of
from twopair.live.service.logging_keys import logging_keys
from twopair.live.service.reloading import reload
from twopair.live.service.running import Running

MANY = 350


def numbered(number: int) -> SaSet:
    spis = Spis(*(Spi(10_000 + 4 * number + n) for n in range(4)))
    ue = f"10.1.{number // 250}.{number % 250}"
    return sa_set(End.PCSCF, GCM, set_id=number, ue=ue, spis=spis, key=Dice(number).octets(16))


def install(running: Running, *numbers: int) -> None:
    for number in numbers:
        running.driver._install(InstallSas(numbered(number)))
        assert number in running.driver.sets


def wanted(*numbers: int) -> set[str]:
    return {line for number in numbers for line in lines_of(numbered(number))}


def with_keys(running: Running, name: str) -> None:
    change(running, "[ipsec]", f'[log]\nkeys = "{name}"\n[ipsec]')
    running.settings = read(running.file, PcscfFile)


async def written(file: Path, *numbers: int) -> None:
    """Wait until the file has these sets and no other."""
    while set(file.read_text().splitlines()) != wanted(*numbers):
        await asyncio.sleep(0)


def test_nothing_is_written_unless_asked(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        async with logging_keys(running):
            install(running, 1)
        assert [path.name for path in tmp_path.iterdir()] == ["pcscf.toml"]
        assert running.driver.installed == []

    on_running(tmp_path, test)


def test_sets_of_before_and_sets_that_come(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The file is beside the configuration, and a loud line says that it is there."""

    async def test(running: Running) -> None:
        install(running, *range(MANY))
        with_keys(running, "keys")
        async with logging_keys(running):
            install(running, MANY)
            await written(tmp_path / "keys", *range(MANY + 1))
            install(running, MANY + 1)
            await written(tmp_path / "keys", *range(MANY + 2))
        install(running, MANY + 2)
        await written(tmp_path / "keys", *range(MANY + 2))

    on_running(tmp_path, test)
    assert f"KEYS OF ALL SA SETS GO TO {tmp_path}/keys" in caplog.text
    assert numbered(1).keys.encryption.reveal().hex() not in caplog.text


def test_rotation(tmp_path: Path) -> None:
    """What was moved away is whole, and so is the file after it."""

    async def test(running: Running) -> None:
        with_keys(running, "keys")
        async with logging_keys(running):
            install(running, 1)
            await written(tmp_path / "keys", 1)
            (tmp_path / "keys").rename(tmp_path / "keys.1")
            reload(running)
            install(running, 2)
            await written(tmp_path / "keys", 1, 2)
            await written(tmp_path / "keys.1", 1)

    on_running(tmp_path, test)


def test_another_file_and_none(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        with_keys(running, "keys")
        async with logging_keys(running):
            install(running, 1)
            await written(tmp_path / "keys", 1)
            change(running, '"keys"', '"other"')
            reload(running)
            install(running, 2)
            await written(tmp_path / "other", 1, 2)
            await written(tmp_path / "keys", 1)
            change(running, 'keys = "other"', "")
            reload(running)
            install(running, 3)
            await written(tmp_path / "other", 1, 2)
            assert running.driver.installed == []

    on_running(tmp_path, test)


def test_a_file_that_is_not_fit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """AKA-32: at start a fault of the configuration; at SIGHUP a line, and the old file goes on."""

    async def test(running: Running) -> None:
        with_keys(running, "wide")
        (tmp_path / "wide").touch()
        (tmp_path / "wide").chmod(0o644)
        with pytest.raises(ConfigError, match=r'log\.keys = "wide": may be used by others'):
            async with logging_keys(running):
                raise AssertionError("it was taken")
        change(running, '"wide"', '"keys"')
        running.settings = read(running.file, PcscfFile)
        async with logging_keys(running):
            change(running, '"keys"', '"wide"')
            reload(running)
            install(running, 1)
            await written(tmp_path / "keys", 1)
            assert (tmp_path / "wide").read_text() == ""

    on_running(tmp_path, test)
    assert "may be used by others (mode 0644)" in caplog.text
