"""`twopair home` as a program, with its subscribers in a file (ADR 17)."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from tests.interop.programs import NEEDS_ROOT
from tests.interop.test_programs_on_loopback import DOMAIN, LAB, MOVED, OWN, line, start

pytestmark = pytest.mark.slow

HOME = (f"{OWN}2.2", 5060)
READY = f"ready home {DOMAIN} on {HOME[0]}:{HOME[1]}\n"
URL = "sqlite:///data/hss.db"
USER, SQN = f"001010000000001@{DOMAIN}", "SELECT sqn FROM subscriber WHERE impi = ?"


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of examples/lab, moved to loopback; the HSS in a file beside them."""
    (tmp_path / "data").mkdir()
    for file in LAB.glob("*.toml"):
        text = file.read_text().replace("memory:", URL)
        for old, new in MOVED.items():
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text)
    return tmp_path


def said(folder: Path) -> str:
    return f'{folder / "home.toml"}: hss.url = "{URL}"'


def ended(program: subprocess.Popen[str], sign: signal.Signals | None = None) -> tuple[int, str, str]:
    if sign is not None:
        program.send_signal(sign)
    out, err = program.communicate(timeout=20)
    return program.returncode, out, err


def registered(port: int) -> tuple[str, bool]:
    """Status line of the answer to a first REGISTER, and whether it brings a challenge."""
    request = (
        f"REGISTER sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {OWN}2.1:{port};branch=z9hG4bK{port}\r\n"
        f"From: <sip:{USER}>;tag=a\r\nTo: <sip:{USER}>\r\nCall-ID: {port}\r\nCSeq: 1 REGISTER\r\n"
        f"Contact: <sip:{OWN}1.1:6101>\r\nPath: <sip:x@{OWN}2.1:{port};lr>\r\nMax-Forwards: 70\r\n"
        f'Authorization: Digest username="{USER}", realm="{DOMAIN}", uri="sip:{DOMAIN}", nonce="", '
        f'response="", integrity-protected="no"\r\nContent-Length: 0\r\n\r\n'
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.settimeout(10)
        here.bind((f"{OWN}2.1", port))
        here.sendto(request.encode(), HOME)
        answer = here.recv(65535).decode()
    return answer.partition("\r\n")[0], "WWW-Authenticate" in answer


def test_the_second_home_network_names_the_first(folder: Path, cleanup: ExitStack) -> None:
    """Exit code 3; after `kill -9` a new one starts, and goes on where the first was (AKA-13)."""
    first = start(cleanup, "home", "-c", folder / "home.toml")
    assert line(first) == READY
    assert registered(7001) == ("SIP/2.0 401 Unauthorized", True)
    path = folder / "data/hss.db"
    (folder / "link.db").symlink_to(path)
    other = folder / "other.toml"
    text = (folder / "home.toml").read_text().replace(URL, "sqlite:///link.db")
    other.write_text(text.replace(HOME[0], f"{OWN}2.3"))
    words = (
        f'twopair: {other}: hss.url = "sqlite:///link.db": is in use by another home network, '
        f"process {first.pid} ({path}); end it, or give another path\n"
    )
    assert ended(start(cleanup, "home", "-c", other)) == (3, "", words)
    assert ended(first, signal.SIGKILL)[0] == -signal.SIGKILL
    again = start(cleanup, "home", "-c", folder / "home.toml")
    assert line(again) == READY
    assert registered(7002) == ("SIP/2.0 401 Unauthorized", True)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute(SQN, (USER,)).fetchone() == (2 << 5 | 2,)
    code, _, err = ended(again, signal.SIGTERM)
    assert (code, "Traceback" in err) == (0, False)
    assert sorted(file.name for file in path.parent.iterdir()) == ["hss.db"]


def test_a_wrong_file_is_one_line(folder: Path, cleanup: ExitStack) -> None:
    """Exit code 2."""
    (folder / "data/hss.db").write_text("text " * 1000)
    words = f"twopair: {said(folder)}: not a database; give another path\n"
    assert ended(start(cleanup, "home", "-c", folder / "home.toml")) == (2, "", words)


def test_a_lock_at_start(folder: Path, cleanup: ExitStack) -> None:
    """Waited for and said so; exit code 3 where nobody lets go of it."""
    path = folder / "data/hss.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        code, out, err = ended(start(cleanup, "home", "-c", folder / "home.toml"))
        assert (code, out) == (3, "")
        waiting, last = err.splitlines()
        assert waiting.endswith(f"WARNING {said(folder)}: is locked by another program; waiting")
        assert last == (
            f"twopair: {said(folder)}: is locked by another program; end that program or its transaction, "
            "or give another path"
        )
        waits = start(cleanup, "home", "-c", folder / "home.toml")
        assert waits.stderr is not None
        assert waits.stderr.readline().endswith("waiting\n")
    assert line(waits) == READY


def test_a_store_that_fails_for_a_while(folder: Path, cleanup: ExitStack) -> None:
    """500 without a challenge and no SQN given out, then a registration (AKA-13, 29.228 §6.1.1.1)."""
    home = start(cleanup, "home", "-c", folder / "home.toml")
    assert line(home) == READY
    path = folder / "data/hss.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for port in (7011, 7012, 7013):
            assert registered(port) == ("SIP/2.0 500 Server Internal Error", False)
        assert other.execute(SQN, (USER,)).fetchone() == (0,)
    pcscf = start(cleanup, "pcscf", "-c", folder / "pcscf.toml")
    assert line(pcscf).startswith("ready pcscf ")
    ue = start(cleanup, "ue", "-c", folder / "ue1.toml", "register", "--json")
    assert json.loads(line(ue))["ok"]
    path.rename(folder / "away")
    assert registered(7014) == ("SIP/2.0 500 Server Internal Error", False)
    (folder / "away").rename(path)
    assert registered(7015) == ("SIP/2.0 401 Unauthorized", True)
    code, _, err = ended(home, signal.SIGTERM)
    assert (code, "Traceback" in err) == (0, False)
    begins, ends = f"subscribers in {path}: ", "; 500 to who needs them until that is over"
    assert [
        text.partition(" WARNING ")[2] or text.partition(" INFO ")[2] for text in lines_of(err, begins)
    ] == [
        f"{begins}locked by another program{ends}",
        f"{begins}work again; failed requests: 3",
        f"{begins}moved or removed; put it back{ends}",
        f"{begins}work again; failed requests: 1",
    ]


def lines_of(log: str, words: str) -> list[str]:
    return [text for text in log.splitlines() if words in text]


@NEEDS_ROOT
def test_a_disk_that_is_full_at_start(folder: Path, cleanup: ExitStack) -> None:
    """Exit code 3; the empty database is taken away again."""
    data = folder / "data"
    script = (
        'mount -t tmpfs -o size=64k none "$0" && { cat /dev/zero > "$0/rest" 2>/dev/null; '
        'truncate -s -12k "$0/rest"; "$@"; code=$?; ls "$0"; exit $code; }'
    )
    twopair = (sys.executable, "-c", "from twopair.cli.main import run; run()")
    words = (*twopair, "home", "-c", str(folder / "home.toml"))
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, str(data), *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ,
    )
    assert (done.returncode, done.stdout) == (3, "rest\n")
    assert done.stderr == (
        f"twopair: {said(folder)}: there is no room left on its disk; make room, or give another path\n"
    )
