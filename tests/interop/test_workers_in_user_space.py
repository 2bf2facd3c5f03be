"""Several workers that share a TUN device: ESP of each UE in the process that has it (ADR 28)."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from tests.interop.ear import heard
from tests.interop.kernel.test_workers import pcscf_of, sends
from tests.interop.programs import LAB, NEEDS_ROOT, SM1, SM6, Program, Programs, lab
from tests.interop.worker_processes import replaced, workers_of

from twopair.live.workers.steering import place_of

pytestmark = [pytest.mark.lab, pytest.mark.slow, NEEDS_ROOT]

ADDRESSES: Final = {
    4: {"pcscf": "10.10.0.1", "ue1": "10.10.1.1", "ue2": "10.10.1.2"},
    6: {"pcscf": "fd00:1::1", "ue1": "fd00:1:1::1", "ue2": "fd00:1:2::1"},
}
"""Of the lab, and others: each UE in a /64 of its own."""


@contextmanager
def network_of(version: int) -> Iterator[Programs]:
    """The hosts of the lab, with these addresses on Gm."""
    if version == 4:
        with lab() as network:
            yield network
        return
    with Programs() as network:
        for name in ("pcscf", "home", "ue1", "ue2"):
            network.host(name)
            with network.namespace(name).entered():
                Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
        for name, address in ADDRESSES[6].items():
            network.on_bridge(name, f"{address}/32")
        network.cable("pcscf", "10.20.0.1/24", "home", "10.20.0.2/24")
        yield network


def file_of(folder: Path, host: str, version: int, change: tuple[str, str] = ("", "")) -> str:
    """The lab's file for a host, with the addresses of that version."""
    text = (LAB / f"{host}.toml").read_text().replace(*change)
    for name, old in ADDRESSES[4].items():
        new = ADDRESSES[version][name]
        text = text.replace(f"{old}:", f"[{new}]:" if version == 6 else f"{new}:").replace(
            f'"{old}"', f'"{new}"'
        )
    file = folder / f"{host}.toml"
    file.write_text(text)
    return str(file)


def shell(network: Programs, host: str, file: str) -> Program:
    ue = network.start(host, "ue", "-c", file, "shell", "--json")
    assert ue.line().startswith("ready ")
    return ue


def rules(network: Programs, version: int) -> str:
    with network.namespace("pcscf").entered():
        command = ["ip", f"-{version}", "rule"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.timeout(400)
@pytest.mark.parametrize("version", [4, 6])
def test_workers_die_and_sas_go_on(version: int, tmp_path: Path) -> None:
    """MGP-14, KEY-08, SA-21: one by one, then all at once; no UE registers again, nothing is left."""
    ues = [ADDRESSES[version][host] for host in ("ue1", "ue2")]
    assert len({place_of(address, 2) for address in ues}) == 2, "one UE for each worker"
    with network_of(version) as network:
        ear = network.ear()
        network.start("home", "home", "-c", str(LAB / "home.toml")).line()
        file = file_of(tmp_path, "pcscf", version, ("[node]", "[node]\nworkers = 2"))
        with Path(file).open("a") as more:
            more.write('\n[store]\nurl = "sqlite:///kept.db"\n')
        before = rules(network, version)
        pcscf = pcscf_of(network, file)
        alice, bob = (shell(network, host, file_of(tmp_path, host, version)) for host in ("ue1", "ue2"))
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
        assert "blackhole" in rules(network, version)
        successor = pcscf_of(network, file)
        sends(alice, "bob")
        sends(bob, "alice")
        code, _, log = successor.end(signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in log + pcscf.log()
        assert rules(network, version) == before
        crossed = heard(ear)
    assert crossed.beside_5060 == []
    assert set(crossed.lines) == {SM1, SM6}
