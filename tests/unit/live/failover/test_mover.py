"""The operator's program: what it is told, and what becomes of one that fails."""

import asyncio
from pathlib import Path

import pytest

from twopair.live.failover import mover
from twopair.live.failover.addresses import absent
from twopair.stores.tenancy import Owner

OWNER = Owner(7, "a@1")


def program(folder: Path, text: str) -> Path:
    file = folder / "move"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_it_is_told_what_this_host_is(tmp_path: Path) -> None:
    file = program(tmp_path, f'echo "$@" > {tmp_path}/told')
    assert asyncio.run(mover.move(file, "owner", OWNER))
    assert (tmp_path / "told").read_text() == "owner a@1 7\n"


@pytest.mark.parametrize(
    ("text", "words"), [("exit 3", "ended with 3"), ("exec sleep 60", "was killed"), (None, "No such file")]
)
def test_one_that_fails_is_said(
    text: str | None,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(mover, "PATIENCE_S", 0.2)
    file = tmp_path / "none" if text is None else program(tmp_path, text)
    assert not asyncio.run(mover.move(file, "standby", OWNER))
    assert words in caplog.text


def test_which_addresses_are_elsewhere() -> None:
    assert list(absent(("127.0.0.1", "192.0.2.1", "2001:db8::1"))) == ["192.0.2.1", "2001:db8::1"]
