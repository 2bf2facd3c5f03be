"""The programs as an ordinary user may run them: on loopback, without ESP (ipsec.backend = "memory")."""

import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LAB = Path(__file__).parents[2] / "examples/lab"
DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
OWN = f"127.{128 + os.getpid() % 100}."
"""Addresses of this process, which may not be the only one that runs tests."""
MOVED = {"10.10.0.": f"{OWN}0.", "10.10.1.": f"{OWN}1.", "10.20.0.": f"{OWN}2.", '"userspace"': '"memory"'}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of examples/lab, moved to loopback; the HSS in a file."""
    for file in LAB.glob("*.toml"):
        text = file.read_text().replace("memory:", f"sqlite:///{tmp_path}/hss.db")
        for old, new in MOVED.items():
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text)
    return tmp_path


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(cleanup: ExitStack, *arguments: str | Path, stdin: int | None = None) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-c", "from twopair.cli.main import run; run()", *map(str, arguments)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    cleanup.callback(program.communicate)
    cleanup.callback(program.kill)
    return program


def line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline()


def test_register_and_message(folder: Path, cleanup: ExitStack) -> None:
    home = start(cleanup, "home", "-c", folder / "home.toml")
    assert line(home).startswith("ready home ")
    pcscf = start(cleanup, "pcscf", "-c", folder / "pcscf.toml")
    assert line(pcscf).startswith("ready pcscf ")
    bob = start(cleanup, "ue", "-c", folder / "ue2.toml", "wait", "--json")
    assert line(bob).startswith("ready ")
    alice = start(cleanup, "ue", "-c", folder / "ue1.toml", "message", f"sip:bob@{DOMAIN}", "hallo, Bärbel")
    assert json.loads(line(bob))["text"] == "hallo, Bärbel"
    assert alice.communicate(timeout=20)[0] == f"message to sip:bob@{DOMAIN}: 200 OK\n"
    assert alice.returncode == 0
    for program in (bob, pcscf, home):
        program.send_signal(signal.SIGTERM)
        _, err = program.communicate(timeout=20)
        assert program.returncode == 0
        assert "Traceback" not in err
        if program is pcscf:
            assert "NOTHING IS PROTECTED" in err


def test_nobody_home(folder: Path, cleanup: ExitStack) -> None:
    """ERR-25, UEP-13: nobody has the port; said at once, tried again, said at the end, exit code 1."""
    ue = start(cleanup, "ue", "-c", folder / "ue1.toml", "register", "--timeout", "0.3", "--json")
    out, err = ue.communicate(timeout=20)
    unreachable, failed, result = map(json.loads, out.splitlines())
    assert (unreachable["event"], unreachable["reason"]) == ("unreachable", "connection refused")
    assert 30 <= failed["retry_s"] <= 60
    assert (result["ok"], result["reason"]) == (False, failed["reason"])
    assert ue.returncode == 1
    assert "Traceback" not in err


def test_the_unprotected_port_is_taken(folder: Path, cleanup: ExitStack) -> None:
    """MSG-05, ADR 17: a fixed port that another program has is told at once, in one line."""
    file = folder / "ue1.toml"
    file.write_text(file.read_text().replace("[gm]", "[gm]\nport = 5060"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((f"{OWN}1.1", 5060))
        ue = start(cleanup, "ue", "-c", file, "register")
        out, err = ue.communicate(timeout=20)
    assert (ue.returncode, out) == (3, "")
    assert err.splitlines()[-1] == f"twopair: {file}: gm.port = 5060: {taken_at(f'{OWN}1.1')}"
    assert "cannot bind" not in err


def taken_at(address: str) -> str:
    return f"another program has it at {address}; end that program, or give another port"


TAKEN = (
    ("home", "2.2", 5060, "sip.port"),
    ("pcscf", "0.1", 5060, "gm.port"),
    ("pcscf", "0.1", 5062, "gm.port_ps"),
    ("pcscf", "0.1", 5066, "gm.port_pc"),
    ("pcscf", "2.1", 5060, "core.port"),
)


@pytest.mark.parametrize(("program", "host", "port", "key"), TAKEN)
@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["UDP", "TCP"])
def test_a_port_of_a_service_is_taken(
    folder: Path, cleanup: ExitStack, program: str, host: str, port: int, key: str, kind: socket.SocketKind
) -> None:
    """ADR 17: one line with the key, and exit code 3; TCP only where the service listens."""
    file = folder / f"{program}.toml"
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((f"{OWN}{host}", port))
        if kind is socket.SOCK_STREAM:
            other.listen()
        service = start(cleanup, program, "-c", file)
        if kind is socket.SOCK_STREAM and key == "gm.port_pc":
            assert service.stdout is not None
            assert service.stdout.readline().startswith("ready ")
            return
        out, err = service.communicate(timeout=20)
    assert (service.returncode, out) == (3, "")
    assert err.splitlines()[-1] == f"twopair: {file}: {key} = {port}: {taken_at(f'{OWN}{host}')}"
    assert "cannot bind" not in err
    assert "Traceback" not in err


def test_a_shell_with_a_script_from_a_file(folder: Path, cleanup: ExitStack) -> None:
    """What fails is told, the rest is done, and the exit code is 1."""
    script = folder / "script"
    script.write_text("sas\nregister\nhelp\n")
    with script.open() as stdin:
        ue = start(
            cleanup, *("ue", "-c", folder / "ue1.toml", "shell", "--timeout", "0.3"), stdin=stdin.fileno()
        )
        out, err = ue.communicate(timeout=20)
    ready, *lines = out.splitlines()
    assert ready == f"ready sip:001010000000001@{DOMAIN}"
    results = [line for line in lines if not line.startswith("* ")]
    assert results[0] == "ok: no SAs"
    assert results[1].startswith("failed: not registered: ")
    assert results[2].startswith("ok: register; ")
    assert len(results) == 3
    assert ue.returncode == 1
    assert "Traceback" not in err


def test_a_shell_on_a_terminal(folder: Path, cleanup: ExitStack) -> None:
    """A prompt, completion, history in a file of one's own, and Control-D; a script sees none of it."""
    master, slave = pty.openpty()
    cleanup.callback(os.close, master)
    words = ["ue", "-c", str(folder / "ue1.toml"), "shell"]
    ue = subprocess.Popen(
        [sys.executable, "-c", "from twopair.cli.main import run; run()", *words],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"XDG_STATE_HOME": str(folder), "TERM": "xterm"},
    )
    cleanup.callback(ue.communicate)
    cleanup.callback(ue.kill)
    os.close(slave)
    shown = _until(master, b">")
    os.write(master, b"sax\x7fs\r")  # with a slip of the finger, and the key that mends it
    shown += _until(master, b"ok: no SAs")
    os.write(master, b"\x1b[A\r")  # the arrow upwards brings the command back
    shown += _until(master, b"ok: no SAs")
    over = time.monotonic() + 20
    while ue.poll() is None and time.monotonic() < over:  # what is typed between two prompts is not heard
        os.write(master, b"\x04")
        time.sleep(0.2)
    assert ue.wait(1) == 0
    history = folder / "twopair/ue_history"
    assert history.stat().st_mode & 0o777 == 0o600
    assert history.read_text().count("+sas\n") >= 1


def _until(terminal: int, words: bytes) -> bytes:
    """What a terminal shows up to these words."""
    shown, over = b"", time.monotonic() + 20
    while words not in shown and time.monotonic() < over:
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 1000)
    assert words in shown, shown
    return shown


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_shell_ends_in_order(folder: Path, cleanup: ExitStack, sign: signal.Signals) -> None:
    """MGU-12: told to end, it de-registers."""
    for name in ("home", "pcscf"):
        assert line(start(cleanup, name, "-c", folder / f"{name}.toml")).startswith("ready ")
    ue = start(cleanup, "ue", "-c", folder / "ue1.toml", "shell", "--json", stdin=subprocess.PIPE)
    assert line(ue).startswith("ready ")
    assert ue.stdin is not None
    ue.stdin.write("register\n")
    ue.stdin.flush()
    assert json.loads(line(ue))["ok"]
    ue.send_signal(sign)
    assert json.loads(line(ue)) == {"command": "deregister", "ok": True}
    _, err = ue.communicate(timeout=20)
    assert ue.returncode == 0
    assert "Traceback" not in err
