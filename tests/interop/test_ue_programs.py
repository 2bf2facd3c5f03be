"""UEs as programs call each other through a P-CSCF and a home network, with real ESP, and re-register."""

import json
import re
import signal
from pathlib import Path

import pytest
from tests.interop.ear import heard
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, SM1, SM6, Program, Programs
from tests.interop.test_three_programs import services
from tests.interop.ue_shell import SPIS

pytestmark = [
    pytest.mark.lab,
    NEEDS_ROOT,
]

ALICE, BOB = f"sip:alice@{DOMAIN}", f"sip:bob@{DOMAIN}"
TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])
SERVER, CLIENT = ("port_us", "port_ps"), ("port_uc", "port_pc")


class Place:
    """The lab with its services, and UEs that all use one transport."""

    def __init__(self, network: Programs, folder: Path, transport: str, more: str = "") -> None:
        self.network = network
        self.services = services(network)
        for name in ("ue1", "ue2"):
            text = (LAB / f"{name}.toml").read_text()
            (folder / name).write_text(re.sub(r"transport = .*", f'transport = "{transport}"\n{more}', text))
        self._folder = folder

    def ue(self, number: int, *arguments: str) -> Program:
        """Start `twopair ue` with JSON for output."""
        name = f"ue{number}"
        return self.network.start(name, "ue", "-c", str(self._folder / name), *arguments, "--json")

    def shell(self, number: int) -> Program:
        """A registered UE that obeys."""
        shell = self.ue(number, "shell")
        assert shell.line().startswith("ready ")
        shell.say("register")
        assert shell.told(command="register")["ok"]
        return shell

    def end(self) -> None:
        """End the services, which have nothing to complain about."""
        for service in self.services:
            code, _, log = service.end(signal.SIGTERM)
            assert code == 0
            assert "Traceback" not in log
            assert "refused" not in log


@TRANSPORTS
def test_two_shells_call_each_other_over_new_sets(network: Programs, tmp_path: Path, transport: str) -> None:
    """RRG-01, RRG-02, RRG-07: both re-register while it rings and while it is up."""
    ear = network.ear()
    place = Place(network, tmp_path, transport)
    alice, bob = place.shell(1), place.shell(2)
    alice.say(f"call {BOB} &")
    assert bob.told(event="call")["from"] == ALICE
    sets = {alice: [register(alice)], bob: [register(bob)]}
    bob.say("answer")
    assert bob.told(command="answer")["ok"]
    assert alice.told(command="call")["status"] == 200
    for ue in (alice, bob):
        sets[ue].append(register(ue))
    for speaker, listener in ((alice, bob), (bob, alice)):
        speaker.say("say still here")
        assert speaker.told(command="say")["status"] == 200
        assert listener.told(event="message")["text"] == "still here"
    bob.say("hangup")
    assert bob.told(command="hangup")["ok"]
    assert alice.told(event="call", stage="ended")["status"] == 200
    for ue in (alice, bob):
        first, second = sets[ue]
        assert all(first[port] == second[port] for port in SERVER)
        assert all(first[port] != second[port] for port in CLIENT)
        assert not {first[spi] for spi in SPIS} & {second[spi] for spi in SPIS}
        code, rest, log = ue.end()  # the end of its input
        assert (code, json.loads(rest)["command"]) == (0, "deregister")
        assert "Traceback" not in log
    place.end()
    crossed = heard(ear)
    assert crossed.beside_5060 == []
    assert crossed.lines == [SM1, SM6] * 2
    assert crossed.protected > 40


def register(shell: Program) -> dict[str, int]:
    shell.say("register")
    told = shell.told(command="register")
    assert told["ok"]
    return told


@TRANSPORTS
def test_counters_of_sas(network: Programs, tmp_path: Path, transport: str) -> None:
    """MSG-01: over UDP a UE that asks uses SA1-up and is answered on SA2-dn; TCP uses both ways of a pair."""
    place = Place(network, tmp_path, transport)
    alice, bob = place.shell(1), place.shell(2)
    alice.say(f"message {BOB} hello")
    assert alice.told(command="message")["status"] == 200
    alice.say("sas")
    packets = {sa["name"]: sa["packets"] for sa in alice.told(command="sas")["sas"]}
    assert packets["SA1-up"] >= 2  # SM7 and MESSAGE
    used = {name for name, count in packets.items() if count}
    assert used == ({"SA1-up", "SA2-dn"} if transport == "udp" else {"SA1-up", "SA1-dn"})
    assert (alice.end()[0], bob.end()[0]) == (0, 0)


@TRANSPORTS
def test_call_and_wait(network: Programs, tmp_path: Path, transport: str) -> None:
    """One command at each end: it rings, is taken, held, and hung up by the caller."""
    place = Place(network, tmp_path, transport)
    bob = place.ue(2, "wait", "--answer", "0.3", "--calls", "1")
    assert bob.line().startswith("ready ")
    alice = place.ue(1, "call", BOB, "--hold", "0.3")
    code, out, log = alice.end()
    *stages, result = map(json.loads, out.splitlines())
    assert code == 0
    assert [line["stage"] for line in stages] == ["calling", "ringing", "up", "ending", "ended"]
    assert result == {"ok": True, "to": BOB, "status": 200, "ended_by": "us"}
    assert "Traceback" not in log
    code, out, _ = bob.end()
    stages = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(line["stage"], line["from"]) for line in stages] == [
        (stage, ALICE) for stage in ("ringing", "answered", "up", "ended")
    ]
    place.end()


def test_the_other_side_hangs_up_first(network: Programs, tmp_path: Path) -> None:
    """That is told, and is success."""
    place = Place(network, tmp_path, "udp")
    bob = place.shell(2)
    alice = place.ue(1, "call", BOB, "--hold", "30")
    assert bob.told(event="call")["stage"] == "ringing"
    for command in ("answer", "hangup"):
        bob.say(command)
        assert bob.told(command=command)["ok"]
    code, out, _ = alice.end()
    assert code == 0
    assert json.loads(out.splitlines()[-1])["ended_by"] == "them"


def test_calls_that_nobody_takes(network: Programs, tmp_path: Path) -> None:
    """Declined, given up after a while, given up at SIGTERM: cancelled, and exit code 1."""
    place = Place(network, tmp_path, "tcp")
    bob = place.shell(2)

    declined = place.ue(1, "call", BOB)
    bob.told(event="call", stage="ringing")
    bob.say("hangup")
    code, out, _ = declined.end()
    assert code == 1
    result = json.loads(out.splitlines()[-1])
    assert result == {"ok": False, "to": BOB, "status": 603, "reason": "603 Decline"}

    late = place.ue(1, "call", BOB, "--timeout", "1")
    assert bob.told(event="call", stage="ringing")
    code, out, _ = late.end()
    assert code == 1
    assert json.loads(out.splitlines()[-1]) == {"ok": False, "reason": "no outcome within 1 s"}
    assert bob.told(event="call", stage="ended")["status"] == 487

    told_to_end = place.ue(1, "call", BOB)
    assert bob.told(event="call", stage="ringing")
    code, _, log = told_to_end.end(signal.SIGTERM)
    assert code == 1
    assert "Traceback" not in log
    assert bob.told(event="call", stage="ended")["status"] == 487
    bob.end()
    place.end()


def test_a_call_held_is_ended_at_sigterm(network: Programs, tmp_path: Path) -> None:
    """RFC 3261 §15, MGU-12: BYE, then de-registration; nobody is left in a call."""
    place = Place(network, tmp_path, "udp")
    bob = place.shell(2)
    alice = place.ue(1, "call", BOB, "--hold", "60")
    bob.told(event="call", stage="ringing")
    bob.say("answer")
    assert bob.told(command="answer")["ok"]
    alice.told(event="call", stage="up")
    alice.end(signal.SIGTERM)
    assert bob.told(event="call", stage="ended")["status"] == 200
    bob.say(f"message {ALICE} still there?")
    assert bob.told(command="message")["status"] == 480
    assert bob.end()[0] == 1


@TRANSPORTS
def test_register_in_the_clear_from_5060(network: Programs, tmp_path: Path, transport: str) -> None:
    """MSG-05, MSG-07: in one program and in the next, without a pause; nothing else leaves in the clear."""
    ear = network.ear()
    place = Place(network, tmp_path, transport, "port = 5060")
    for _ in range(2):
        ue = place.shell(1)
        ue.say("deregister")
        assert ue.told(command="deregister")["ok"]
        assert register(ue)["port_uc"] != 5060
        assert ue.end()[0] == 0
    place.end()
    crossed = heard(ear)
    assert crossed.lines == [SM1, SM6] * 4
    assert {(packet.src.port, packet.dst.port) for packet in crossed.clear} == {(5060, 5060)}


FLOWS = """
[[flow]]
reg_id = 2

[[flow]]
sos = true
"""


@TRANSPORTS
def test_a_ue_with_two_flows_and_an_emergency_registration(
    network: Programs, tmp_path: Path, transport: str
) -> None:
    """MGU-09, PCS-18: three registrations of one card, each with a set of its own."""
    place = Place(network, tmp_path, transport)
    file = tmp_path / "ue1"
    text = file.read_text().replace(
        "[gm]", 'instance = "urn:gsma:imei:35209900-176148-0"\n\n[gm]\nreg_id = 1', 1
    )
    file.write_text(text + FLOWS)
    alice, bob = place.shell(1), place.shell(2)
    alice.say("sas")
    sas = alice.told(command="sas")["sas"]
    assert {sa["flow"] for sa in sas} == {"reg-id 1", "reg-id 2", "sos"}
    assert len(sas) == 12
    bob.say(f"message {ALICE} hello")
    assert bob.told(command="message")["status"] == 200
    assert alice.told(event="message")["text"] == "hello"
    alice.say(f"message {BOB} hello")
    assert alice.told(command="message")["status"] == 200
    alice.say("register")
    assert alice.told(command="register")["flow"] == "reg-id 1"
    alice.say("deregister")
    assert alice.told(command="deregister")["ok"]
    alice.say("sas")
    assert alice.told(command="sas")["sas"] == []
    assert (alice.end()[0], bob.end()[0]) == (0, 0)
    place.end()
