"""AKA-15: where a card keeps its sequence numbers is tried before anything is sent."""

import errno
import os
from pathlib import Path

import pytest

from twopair.live.config import ConfigError
from twopair.live.config.ue import Identity
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.ue.soft_card import soft_card

K = "00" * 16


def identity(sqn_file: str) -> Identity:
    return Identity.model_validate({"imsi": "001010000000001", "k": K, "opc": K, "sqn_file": sqn_file})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ue.toml"


def test_it_lies_beside_the_configuration_file_and_stays_as_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the program is started; trying to write leaves nothing."""
    monkeypatch.chdir("/")
    kept = file.with_name("sqn")
    kept.write_text(str([32 * 7] + [0] * 31))
    before = kept.read_bytes(), kept.stat().st_mtime_ns
    assert soft_card(identity("sqn"), file).snapshot()[0] == 32 * 7
    assert (kept.read_bytes(), kept.stat().st_mtime_ns) == before
    assert list(file.parent.iterdir()) == [kept]
    kept.unlink()
    assert not any(soft_card(identity("sqn"), file).snapshot())
    assert not list(file.parent.iterdir())


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("sqn", b"", "an empty file; remove it, and the card begins anew"),
        ("sqn", b"\xff\x00", "not a list of sequence numbers; remove it, and the card begins anew"),
        ("sqn", b"[true]", "not a list of sequence numbers; remove it, and the card begins anew"),
        ("sqn", b"[" * 100_000, "not a list of sequence numbers; remove it, and the card begins anew"),
        (".", None, "is a folder; give the path of a file"),
        ("no/sqn", None, "its folder is not there; make it, or give another path"),
        ("~/sqn", None, "its folder is not there; make it, or give another path"),
        ("x" * 300, None, "too long a path; give a shorter one"),
        ("/dev/null", None, "a device or a pipe; give the path of a file"),
    ],
)
def test_a_wrong_file_is_one_line(file: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        file.with_name(name).write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        soft_card(identity(name), file)
    assert caught.value.lines == [f'{file}: identity.sqn_file = "{name}": {words}']


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "may not be read and written; "),
        (errno.EROFS, "lies on a file system that is read-only; "),
        (errno.ENOSPC, "there is no room left on its disk; "),
        (errno.EIO, "cannot be used (Input/output error); "),
    ],
)
def test_what_the_machine_lacks_is_one_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    """Found when the write is tried; the file that is there is not touched."""

    def fails(_fd: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(PrerequisiteMissing) as caught:
        soft_card(identity("sqn"), file)
    assert str(caught.value).startswith(f'{file}: identity.sqn_file = "sqn": {words}')
    assert not list(file.parent.iterdir())
