"""The programs as an ordinary user may run them: on loopback, without ESP (ipsec.backend = "memory")."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LAB = Path(__file__).parents[2] / "examples/lab"
DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
MOVED = {"10.10.0.": "127.77.0.", "10.10.1.": "127.77.1.", "10.20.0.": "127.77.2.", '"userspace"': '"memory"'}


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


def start(cleanup: ExitStack, *arguments: str | Path) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-c", "from twopair.cli.main import run; run()", *map(str, arguments)],
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
    assert alice.communicate(timeout=20)[0] == f"message to sip:bob@{DOMAIN}: 200\n"
    assert alice.returncode == 0
    for program in (bob, pcscf, home):
        program.send_signal(signal.SIGTERM)
        _, err = program.communicate(timeout=20)
        assert program.returncode == 0
        assert "Traceback" not in err
        if program is pcscf:
            assert "NOTHING IS PROTECTED" in err


def test_nobody_home(folder: Path, cleanup: ExitStack) -> None:
    """A P-CSCF that does not answer: one line, exit code 1."""
    ue = start(cleanup, "ue", "-c", folder / "ue1.toml", "register", "--timeout", "0.3", "--json")
    out, err = ue.communicate(timeout=20)
    assert json.loads(out) == {"ok": False, "reason": "no outcome within 0.3 s"}
    assert ue.returncode == 1
    assert "Traceback" not in err


def test_the_unprotected_port_is_taken(folder: Path, cleanup: ExitStack) -> None:
    """MSG-05: a fixed port that another program has is a fault of the file, told at once."""
    file = folder / "ue1.toml"
    file.write_text(file.read_text().replace("[gm]", "[gm]\nport = 5060"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.77.1.1", 5060))
        ue = start(cleanup, "ue", "-c", file, "register")
        out, err = ue.communicate(timeout=20)
    assert (ue.returncode, out) == (2, "")
    assert err.splitlines()[-1] == f"twopair: {file}: cannot bind 127.77.1.1:5060: address already in use"
