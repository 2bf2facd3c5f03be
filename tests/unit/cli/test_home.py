"""`twopair home`: orders to one that runs (24.229 §5.4.1.5, §5.4.1.6; MGP-11, MGU-14)."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, DOMAIN, HOME, Numbers

from twopair.backends.memory import MemoryBackend
from twopair.cli.main import status_of
from twopair.live.admin.orders import orders
from twopair.live.admin.server import AdminSocket
from twopair.live.config import HomeFile, read
from twopair.live.driver import Driver
from twopair.live.tried import beside
from twopair.nodes.homenet import HomeConfig, HomeNetwork, MemoryStore

FILE = f'[node]\ndomain = "{DOMAIN}"\n[sip]\naddress = "10.20.0.2"\n'


def answered(path: Path, *lines: list[str]) -> list[int]:
    """The exit codes of command lines, with a home network at that socket."""

    async def run() -> list[int]:
        node = HomeNetwork(HomeConfig(DOMAIN, HOME.address), MemoryStore(), Numbers())
        async with AdminSocket({}, orders(Driver(node, MemoryBackend()))).open(path):
            return [await asyncio.to_thread(status_of, line) for line in lines]

    return asyncio.run(run())


def test_orders_for_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and what was found."""
    file, path = tmp_path / "home.toml", tmp_path / "home.sock"
    file.write_text(FILE + '[admin]\nsocket = "home.sock"\n')
    codes = answered(
        path,
        ["home", "deregister", ALICE, "-c", str(file)],
        ["home", "reauthenticate", ALICE, "--within", "30", "-s", str(path), "--json"],
        ["home", "deregister", ALICE, "-s", str(path), "--event", "probation", "--retry-after", "5"],
    )
    assert codes == [1, 1, 1]
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"{ALICE} is not registered"
    assert json.loads(out[1]) == {"who": ALICE, "registrations": 0, "watchers": 0}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("-c: missing", ["home"]),
        ("behind the name of the order", ["home", "-c", "f", "deregister", "x", "-s", "y"]),
        ("one of rejected, deactivated, probation", ["home", "deregister", "x", "--event", "expired"]),
        ("goes with --event probation", ["home", "deregister", "x", "--retry-after", "5"]),
        ("give one of -s SOCKET and -c FILE", ["home", "deregister", "x"]),
    ],
)
def test_bad_usage(words: str, line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one line."""
    assert status_of(line) == 2
    assert words.replace("-c: ", "") in capsys.readouterr().err


def test_no_socket_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is named; nobody at a socket is exit code 3."""
    file = tmp_path / "home.toml"
    file.write_text(FILE)
    assert status_of(["home", "deregister", "x", "-c", str(file)]) == 2
    assert "has no admin.socket" in capsys.readouterr().err
    assert status_of(["home", "deregister", "x", "-s", str(tmp_path / "none")]) == 3
    assert "no home network answers" in capsys.readouterr().err


def test_the_socket_lies_beside_its_file(tmp_path: Path) -> None:
    """ADR 17."""
    file = tmp_path / "home.toml"
    file.write_text(FILE + '[admin]\nsocket = "home.sock"\n')
    named = read(file, HomeFile).admin.socket
    assert named is not None
    assert beside(file, named) == tmp_path / "home.sock"


@pytest.mark.parametrize(
    "said",
    [
        {"event": "expired"},
        {"event": "no event"},
        {"retry_after_s": 0},
        {"retry_after_s": "soon"},
        {"who": ""},
    ],
)
def test_no_such_order(said: dict[str, object], tmp_path: Path) -> None:
    """What is not understood is said, and nothing is done."""
    node = HomeNetwork(HomeConfig(DOMAIN, HOME.address), MemoryStore(), Numbers())

    async def run() -> str:
        carry = orders(Driver(node, MemoryBackend()))["deregister"]
        return "".join(part for part in carry({"who": ALICE, **said}))  # type: ignore[union-attr]

    assert json.loads(asyncio.run(run()))["error"].startswith("no such order: ")
