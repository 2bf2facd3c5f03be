"""What a UE says, and when, while nobody answers; and a P-CSCF that is killed and comes back."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.interop.programs import LAB, NEEDS_ROOT, Program, Programs, lab
from tests.interop.test_ue_programs import ALICE, BOB, TRANSPORTS, Place

pytestmark = [pytest.mark.lab, NEEDS_ROOT]

SILENT = "10.10.9.9"
"""An address of the network on which nobody is."""

BACK_WITHIN_S = 60

START_S = 2
"""What it takes to start a program."""


@pytest.fixture
def network() -> Iterator[Programs]:
    with lab() as programs:
        yield programs


def ue_with(network: Programs, folder: Path, pcscf: str, *arguments: str) -> Program:
    """A UE of the lab that was told of another P-CSCF."""
    file = folder / "ue1.toml"
    text = (LAB / "ue1.toml").read_text().replace("10.10.0.1:5060", pcscf)
    file.write_text(text.replace('transport = "tcp"', 'transport = "udp"'))
    return network.start("ue1", "ue", "-c", str(file), *arguments)


def until(program: Program, within_s: float, **wanted: object) -> tuple[dict[str, Any], float]:
    """The next object with these values, and after how many seconds it came."""
    began = time.monotonic()
    while (left := began + within_s - time.monotonic()) > 0:
        found: dict[str, Any] = json.loads(program.line(left))
        if found.items() >= wanted.items():
            return found, time.monotonic() - began
    raise AssertionError(f"nothing with {wanted}")


def test_a_closed_port_is_said_within_two_seconds(network: Programs, tmp_path: Path) -> None:
    """ERR-25, UEP-13: what ICMP tells of SM1 in the clear, and when the UE tries again."""
    ue = ue_with(network, tmp_path, "10.10.0.1:5070", "register", "--timeout", "3", "--json")
    told, after_s = until(ue, 10, event="unreachable")
    assert told == {
        "event": "unreachable",
        "peer": "10.10.0.1:5070",
        "reason": "connection refused",
        "hint": False,
    }
    assert after_s < 2 + START_S
    failed, _ = until(ue, 2, event="registration_failed")
    assert 30 <= failed["retry_s"] <= 60
    code, out, err = ue.end()
    assert code == 1
    assert json.loads(out)["reason"].endswith(": connection refused")
    assert "Traceback" not in err


DEAF = """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.10.0.1", 5060))
print("ready", flush=True)
time.sleep(60)
"""
"""Has the port of a P-CSCF, and reads nothing."""


def test_silence_is_said_within_five_seconds_and_then_while_it_lasts(
    network: Programs, tmp_path: Path
) -> None:
    """In words, as a person sees them; Control-C ends it within five seconds."""
    deaf = network.run("pcscf", sys.executable, "-c", DEAF)
    assert deaf.line() == "ready"
    began = time.monotonic()
    ue = ue_with(network, tmp_path, "10.10.0.1:5060", "register")
    for silent_s, within_s in ((4, 5 + START_S), (9, 10 + START_S)):
        line = ue.line(12)
        assert time.monotonic() - began < within_s
        words = f"waiting for 10.10.0.1:5060: no answer to REGISTER for {silent_s} s; giving up at "
        assert line.startswith(words)
    began = time.monotonic()
    code, out, err = ue.end(signal.SIGINT)
    assert time.monotonic() - began < 5 + START_S
    assert (code, out.splitlines()[-1]) == (1, "told to end")
    assert "Traceback" not in err


def test_an_address_that_nobody_has_is_said_within_five_seconds(network: Programs, tmp_path: Path) -> None:
    """The kernel finds out that no neighbour has it."""
    ue = ue_with(network, tmp_path, f"{SILENT}:5060", "register", "--timeout", "8", "--json")
    told, after_s = until(ue, 10, event="unreachable")
    assert (told["peer"], told["reason"]) == (f"{SILENT}:5060", "no route to host")
    assert after_s < 5 + START_S
    assert ue.end()[0] == 1


@pytest.mark.slow
@TRANSPORTS
def test_kill_9_of_the_pcscf(network: Programs, tmp_path: Path, transport: str) -> None:
    """MGU-10, UEP-13, UNP-07: a UE that writes and one that only waits find out by themselves, and register.

    The P-CSCF comes back at once, knows none of their SA sets, and drops what comes over them.
    """
    place = Place(network, tmp_path, transport, "keep_alive_s = 20")
    waiting = place.ue(1, "wait")
    assert waiting.line().startswith("ready ")
    writer = place.shell(2)
    home, pcscf = place.services
    pcscf.kill()
    pcscf = network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml"))
    assert pcscf.line().startswith("ready ")
    began = time.monotonic()
    writer.say(f"message {BOB} hello &")
    told, after_s = until(writer, 10, event="waiting", what="MESSAGE")
    assert (told["for"], told["silent_s"]) == ("10.10.0.1:5062", 4)
    assert after_s < 5
    told, _ = until(writer, BACK_WITHIN_S, event="deregistered")
    assert told["reason"] == "no answer over the SA set"
    told, _ = until(writer, 5, command="message")
    assert (told["ok"], told["status"]) == (False, 408)
    until(writer, BACK_WITHIN_S, event="registered")
    assert time.monotonic() - began < BACK_WITHIN_S
    until(waiting, BACK_WITHIN_S, event="deregistered", reason="no answer over the SA set")
    until(waiting, BACK_WITHIN_S, event="registered")
    assert time.monotonic() - began < 20 + BACK_WITHIN_S
    for ue in (waiting, writer):
        code, out, err = ue.end(signal.SIGTERM)
        assert code == (0 if ue is waiting else 1), "a message was lost"
        assert "not de-registered" not in out
        assert "Traceback" not in err
    for service in (home, pcscf):
        code, _, log = service.end(signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in log


def test_a_ue_says_what_it_could_not_do(network: Programs, tmp_path: Path) -> None:
    """Told to end while the P-CSCF is gone: within five seconds, with words for what the network missed."""
    place = Place(network, tmp_path, "udp")
    ue = place.ue(1, "wait")
    assert ue.line().startswith("ready ")
    home, pcscf = place.services
    pcscf.kill()
    began = time.monotonic()
    code, out, err = ue.end(signal.SIGINT)
    assert time.monotonic() - began < 5 + START_S
    assert code == 1
    assert json.loads(out.splitlines()[-1]) == {"ok": False, "reason": "not de-registered: no answer in time"}
    assert "Traceback" not in err
    home.end(signal.SIGTERM)


def test_a_hang_up_of_the_terminal_ends_nothing(network: Programs, tmp_path: Path) -> None:
    """SIGHUP: one line in the log of each program, which goes on."""
    place = Place(network, tmp_path, "udp")
    ue = place.ue(1, "wait")
    assert ue.line().startswith("ready ")
    for program in (*place.services, ue):
        program.signal(signal.SIGHUP)
    writer = place.shell(2)
    writer.say(f"message {ALICE} still here")
    assert writer.told(command="message")["status"] == 200
    assert ue.told(event="message")["text"] == "still here"
    writer.end()
    for program in (ue, *reversed(place.services)):
        code, _, log = program.end(signal.SIGTERM)
        assert code == 0
        assert log.count("SIGHUP: ") == 1
