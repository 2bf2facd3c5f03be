"""A file with keys: whose it is, and that it is whole."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.figure1_sets import CBC, GCM, sa_set

from twopair.core.sa import End
from twopair.live.key_log import KeyLog, lines_of

FIRST, SECOND = sa_set(End.PCSCF, CBC), sa_set(End.PCSCF, GCM, set_id=2)


def lines(*sets: object) -> list[str]:
    return [line for one in (FIRST, SECOND) if one in sets for line in lines_of(one)]


def test_four_lines_for_each_set_in_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    os.umask(before := os.umask(0))
    log = KeyLog(path)
    log(FIRST)
    assert path.stat().st_mode & 0o777 == 0o600
    log(SECOND)
    log.close()
    assert path.read_text().splitlines() == lines(FIRST, SECOND)
    assert len(lines(FIRST, SECOND)) == 8
    assert before == os.umask(before)


def test_a_file_that_is_there_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    for one in (FIRST, SECOND):
        log = KeyLog(path)
        log(one)
        log.close()
    assert path.read_text().splitlines() == lines(FIRST, SECOND)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """AKA-32."""
    path = tmp_path / "keys"
    path.touch()
    path.chmod(mode)
    with pytest.raises(ValueError, match=rf"others \(mode {mode:04o}\); chmod 600"):
        KeyLog(path)
    assert path.read_bytes() == b""


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """And opening it waits for nobody."""
    target, link, fifo = tmp_path / "target", tmp_path / "link", tmp_path / "fifo"
    link.symlink_to(target)
    with pytest.raises(ValueError, match="symbolic link"):
        KeyLog(link)
    assert not target.exists()
    os.mkfifo(fifo, 0o600)
    with pytest.raises(ValueError, match="not a file"):
        KeyLog(fifo)
    with pytest.raises(ValueError, match="not a file"):
        KeyLog(Path("/dev/null"))
    with pytest.raises(IsADirectoryError):
        KeyLog(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.touch(0o600)
    os.chown(path, 1, 1)
    with pytest.raises(ValueError, match="another user"):
        KeyLog(path)


def test_rotation(tmp_path: Path) -> None:
    """What was moved away is written to until `reopen`, and never after."""
    path, old = tmp_path / "keys", tmp_path / "keys.1"
    log = KeyLog(path)
    path.rename(old)
    log(FIRST)
    log.reopen()
    log(SECOND)
    assert old.read_text().splitlines() == lines(FIRST)
    assert path.read_text().splitlines() == lines(SECOND)
    path.unlink()
    path.symlink_to(old)
    with pytest.raises(ValueError, match="symbolic link"):
        log.reopen()
    log(FIRST)  # into the file that has no name any more
    assert old.read_text().splitlines() == lines(FIRST)
    log.close()


@contextmanager
def largest_file(octets: int) -> Iterator[None]:
    """Files cannot grow beyond that: a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_one_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line that was cut stays alone: those after it are whole."""
    path = tmp_path / "keys"
    log = KeyLog(path)
    log(FIRST)
    with largest_file(path.stat().st_size + 10):
        for _ in range(5):
            log(FIRST)
    log(SECOND)
    found = path.read_text().splitlines()
    assert found[:4] == lines(FIRST)
    assert found[-4:] == lines(SECOND)
    assert len(found) == 9
    assert len(caplog.records) == 1
    assert "keys cannot be written" in caplog.text
    log.close()
