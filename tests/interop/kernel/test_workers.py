"""Several workers whose SAs are all the kernel's: none touches those of another (ADR 9, ADR 28)."""

import os
import signal
import time
from pathlib import Path

import pytest
from tests.interop.kernel.test_programs import file, standing
from tests.interop.programs import DOMAIN, LAB, Program, Programs
from tests.interop.worker_processes import replaced, workers_of

from twopair.live.workers.steering import place_of

pytestmark = pytest.mark.guest

UE1, UE2 = "10.10.1.1", "10.10.1.2"


def pcscf_file(directory: Path) -> str:
    path = Path(file(directory, "pcscf.toml", "auto"))
    text = path.read_text().replace("[node]", "[node]\nworkers = 2")
    path.write_text(f'{text}\n[store]\nurl = "sqlite:///{directory}/kept.db"\n')
    return str(path)


def pcscf_of(network: Programs, configuration: str) -> Program:
    program = network.start("pcscf", "pcscf", "-c", configuration)
    assert program.line(60).endswith("core 10.20.0.1:5060 to 5061, 2 workers")
    return program


def shell(network: Programs, directory: Path, host: str) -> Program:
    ue = network.start(host, "ue", "-c", file(directory, f"{host}.toml", "kernel"), "shell", "--json")
    assert ue.line().startswith("ready ")
    return ue


def sends(one: Program, to: str) -> None:
    """MESSAGE goes through without a registration before it."""
    one.say(f"message sip:{to}@{DOMAIN} still here")
    assert one.told(command="message")["ok"]


def logged(program: Program, words: str) -> None:
    over = time.monotonic() + 30
    while words not in program.log():
        assert time.monotonic() < over, program.log()
        time.sleep(0.1)


def test_a_worker_that_dies_leaves_its_sas_and_all_others(network: Programs, tmp_path: Path) -> None:
    """MGP-14, SA-01, SA-16, SA-21: killed one by one, then all at once; no UE registers again."""
    assert place_of(UE1, 2) != place_of(UE2, 2), "one UE for each worker"
    network.start("home", "home", "-c", str(LAB / "home.toml")).line()
    configuration = pcscf_file(tmp_path)
    pcscf = pcscf_of(network, configuration)
    _, _, blocking = standing(network)
    assert blocking > 0
    alice, bob = shell(network, tmp_path, "ue1"), shell(network, tmp_path, "ue2")
    for ue in (alice, bob):
        ue.say("register")
        assert ue.told(command="register")["ok"]
    stood = standing(network)
    assert stood == (8, 8, blocking)
    for number in (1, 2):
        before = workers_of(pcscf.pid)[number]
        os.kill(before, signal.SIGKILL)
        assert standing(network) == stood
        sends(alice, "bob")  # while one of the two starts; what it does not answer is sent again
        replaced(pcscf.pid, number, before)
        sends(bob, "alice")
        assert standing(network) == stood
    pcscf.end(signal.SIGKILL)
    assert standing(network) == stood
    successor = pcscf_of(network, configuration)
    sends(alice, "bob")
    sends(bob, "alice")
    assert standing(network) == stood
    code, _, log = successor.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in log + pcscf.log()
    assert "ipsec: kernel" in log
