"""Several workers that share a TUN device: ESP of each UE in the process that has it (ADR 28)."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.interop.kernel.test_workers import UE1, UE2, pcscf_of, sends
from tests.interop.programs import LAB, NEEDS_ROOT, Program, Programs
from tests.interop.worker_processes import replaced, workers_of

from twopair.live.workers.steering import place_of

pytestmark = [pytest.mark.lab, pytest.mark.slow, NEEDS_ROOT]


def shell(network: Programs, host: str) -> Program:
    ue = network.start(host, "ue", "-c", str(LAB / f"{host}.toml"), "shell", "--json")
    assert ue.line().startswith("ready ")
    return ue


def rules(network: Programs) -> str:
    with network.namespace("pcscf").entered():
        return subprocess.run(["ip", "rule"], check=True, capture_output=True, text=True).stdout


@pytest.mark.timeout(400)
def test_workers_die_and_sas_go_on(network: Programs, tmp_path: Path) -> None:
    """MGP-14, KEY-08, SA-21: one by one, then all at once; no UE registers again, nothing is left."""
    assert place_of(UE1, 2) != place_of(UE2, 2), "one UE for each worker"
    network.start("home", "home", "-c", str(LAB / "home.toml")).line()
    file = tmp_path / "pcscf.toml"
    text = (LAB / "pcscf.toml").read_text().replace("[node]", "[node]\nworkers = 2")
    file.write_text(f'{text}\n[store]\nurl = "sqlite:///kept.db"\n')
    before = rules(network)
    pcscf = pcscf_of(network, str(file))
    alice, bob = shell(network, "ue1"), shell(network, "ue2")
    for ue in (alice, bob):
        ue.say("register")
        assert ue.told(command="register")["ok"]
    for number in (1, 2):
        old = workers_of(pcscf.pid)[number]
        os.kill(old, signal.SIGKILL)
        sends(alice, "bob")
        replaced(pcscf.pid, number, old)
        sends(bob, "alice")
    pcscf.end(signal.SIGKILL)
    assert "blackhole" in rules(network)
    successor = pcscf_of(network, str(file))
    sends(alice, "bob")
    sends(bob, "alice")
    code, _, log = successor.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in log + pcscf.log()
    assert rules(network) == before
