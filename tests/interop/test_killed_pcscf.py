"""A P-CSCF that is killed and started again goes on: SA sets, registrations, calls as before (MGP-14)."""

import json
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Program, Programs, lab
from tests.interop.test_ue_programs import ALICE, BOB, TRANSPORTS

pytestmark = [pytest.mark.lab, NEEDS_ROOT]


@pytest.fixture
def network() -> Iterator[Programs]:
    with lab() as programs:
        yield programs


class Going:
    """The lab with a P-CSCF that keeps what it knows."""

    def __init__(
        self,
        network: Programs,
        folder: Path,
        transport: str,
        url: str = "sqlite:///kept.db",
        backend: str = "userspace",
    ) -> None:
        self.network = network
        self.folder = folder
        store = f'\n[store]\nurl = "{url}"\nkey_file = "kept.key"\n'
        text = (LAB / "pcscf.toml").read_text().replace('"userspace"', f'"{backend}"')
        (folder / "pcscf.toml").write_text(text + store)
        for name in ("ue1", "ue2"):
            text = (LAB / f"{name}.toml").read_text()
            (folder / name).write_text(re.sub(r"transport = .*", f'transport = "{transport}"', text))
        self.home = network.start("home", "home", "-c", str(LAB / "home.toml"))
        assert self.home.line() == f"ready home {DOMAIN} on 10.20.0.2:5060"
        self.pcscf = self.begin()

    def begin(self) -> Program:
        pcscf = self.network.start("pcscf", "pcscf", "-c", str(self.folder / "pcscf.toml"))
        assert pcscf.line().startswith("ready ")
        return pcscf

    def kill(self) -> None:
        """``kill -9``, and a new start at once."""
        self.pcscf.kill()
        self.pcscf = self.begin()

    def shell(self, number: int) -> Program:
        name = f"ue{number}"
        shell = self.network.start(name, "ue", "-c", str(self.folder / name), "shell", "--json")
        assert shell.line().startswith("ready ")
        shell.say("register")
        assert shell.told(command="register")["ok"]
        return shell


def gathered(program: Program, *wanted: dict[str, object], strictly: bool = True) -> None:
    """Read on until all these have come, in any order; no command has another outcome."""
    left = list(wanted)
    while left:
        found = json.loads(program.line(90))
        matching = [one for one in left if found.items() >= one.items()]
        assert matching or not strictly or "command" not in found, found
        for one in matching[:1]:
            left.remove(one)


SENT: dict[str, object] = {"command": "message", "status": 200}


def undisturbed(ue: Program) -> None:
    """It was registered once, and de-registers at the end of its input."""
    code, rest, log = ue.end()
    told = [json.loads(line) for line in rest.splitlines()]
    assert (code, told[-1]["command"]) == (0, "deregister")
    assert not [one for one in told if one.get("event") in {"registered", "deregistered"}]
    assert "Traceback" not in log


def written(writer: Program, to: str, reader: Program, text: str) -> None:
    writer.say(f"message {to} {text}")
    assert writer.told(command="message")["status"] == 200
    assert reader.told(event="message")["text"] == text


@TRANSPORTS
def test_nobody_has_to_notice(network: Programs, tmp_path: Path, transport: str) -> None:
    """MGP-14, SA-07, KEY-08: the next message in either direction, with a call up, and without one."""
    place = Going(network, tmp_path, transport)
    alice, bob = place.shell(1), place.shell(2)
    written(alice, BOB, bob, "before")
    alice.say(f"call {BOB} &")
    assert bob.told(event="call")["from"] == ALICE
    bob.say("answer")
    assert bob.told(command="answer")["ok"]  # the ACK has passed
    assert alice.told(command="call")["status"] == 200
    for number in range(2):
        place.kill()
        writer, to, reader = (alice, BOB, bob) if number % 2 else (bob, ALICE, alice)
        written(writer, to, reader, f"after {number}")
        writer.say("say in the call")
        assert writer.told(command="say")["status"] == 200
        assert reader.told(event="message")["text"] == "in the call"
    bob.say("hangup")
    assert bob.told(command="hangup")["ok"]
    assert alice.told(event="call", stage="ended")["status"] == 200
    undisturbed(alice)
    undisturbed(bob)
    code, _, log = place.pcscf.end(signal.SIGTERM)
    assert code == 0
    assert "not taken up" not in log
    assert "Traceback" not in log


@TRANSPORTS
def test_killed_while_they_write(network: Programs, tmp_path: Path, transport: str) -> None:
    """Every message is answered, whatever moment it was; the order of kills is drawn from a seed."""
    place = Going(network, tmp_path, transport)
    alice, bob = place.shell(1), place.shell(2)
    dice = random.Random(transport)
    for number in range(4):
        alice.say(f"message {BOB} m{number} &")
        bob.say(f"message {ALICE} n{number} &")
        time.sleep(dice.random() * 0.02)
        place.kill()
        gathered(alice, SENT, {"event": "message", "text": f"n{number}"})
        gathered(bob, SENT, {"event": "message", "text": f"m{number}"})
    undisturbed(alice)
    undisturbed(bob)


@TRANSPORTS
def test_killed_while_it_registers(network: Programs, tmp_path: Path, transport: str) -> None:
    """An authentication that is under way is completed, or begins anew; what stood before stands."""
    place = Going(network, tmp_path, transport)
    alice, bob = place.shell(1), place.shell(2)
    dice = random.Random(transport)
    for number in range(4):
        alice.say("register &")
        time.sleep(dice.random() * 0.02)
        place.kill()
        bob.say(f"message {ALICE} m{number}")
        gathered(bob, SENT)
        gathered(alice, {"command": "register", "ok": True}, {"event": "message", "text": f"m{number}"})
    alice.end()
    bob.end()


def test_an_orderly_end_is_no_end(network: Programs, tmp_path: Path) -> None:
    """SIGTERM and a new start: as after a kill."""
    place = Going(network, tmp_path, "udp")
    alice, bob = place.shell(1), place.shell(2)
    code, _, log = place.pcscf.end(signal.SIGTERM)
    assert (code, "Traceback" in log) == (0, False)
    place.pcscf = place.begin()
    written(alice, BOB, bob, "hello again")
    undisturbed(alice)
    undisturbed(bob)


Change = Callable[[Path], object]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "kept.key").chmod(0o644), "may be used by others (mode 0644)"),
        (lambda folder: (folder / "kept.key").write_text("00\n"), "holds no keys"),
        (lambda folder: (folder / "kept.db").write_bytes(b"x" * 4096), "is no database"),
    ],
    ids=["others may read the key", "no key", "no database"],
)
def test_what_cannot_be_used_is_said_at_start(
    network: Programs, tmp_path: Path, change: Change, words: str
) -> None:
    """ADR 17, KEY-10: one line, exit code 2 or 3."""
    place = Going(network, tmp_path, "udp")
    place.pcscf.end(signal.SIGTERM)
    change(tmp_path)
    code, out, err = network.start("pcscf", "pcscf", "-c", str(tmp_path / "pcscf.toml")).end()
    assert (code in {2, 3}, out) == (True, "")
    assert words in err.splitlines()[-1]
    assert "Traceback" not in err


def test_two_programs_on_one_store(network: Programs, tmp_path: Path) -> None:
    """The second says who has it, and ends."""
    place = Going(network, tmp_path, "udp")
    code, out, err = network.start("home", "pcscf", "-c", str(tmp_path / "pcscf.toml")).end()
    assert (code, out) == (3, "")
    assert "is in use by another P-CSCF, process " in err.splitlines()[-1]
    assert place.pcscf.end(signal.SIGTERM)[0] == 0


def test_a_new_key(network: Programs, tmp_path: Path) -> None:
    """KEY-10: all is sealed anew while the P-CSCF is down, not while it runs, and it goes on."""
    place = Going(network, tmp_path, "udp")
    alice, bob = place.shell(1), place.shell(2)
    before = (tmp_path / "kept.key").read_text()
    rotate = ("rotate-key", "-c", str(tmp_path / "pcscf.toml"))
    assert network.start("home", *rotate).end()[0] == 3
    place.pcscf.end(signal.SIGTERM)
    code, out, _ = network.start("home", *rotate).end()
    assert (code, out) == (0, "2 registrations are sealed with a new key\n")
    after = (tmp_path / "kept.key").read_text()
    assert len(after.split()) == 1
    assert after != before
    place.pcscf = place.begin()
    written(alice, BOB, bob, "under the new key")
    undisturbed(alice)
    undisturbed(bob)
