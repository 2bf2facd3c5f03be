"""The programs with the kernel back end: a P-CSCF that is killed, and one that takes its place."""

import json
import signal
import subprocess
from pathlib import Path

import pytest
from tests.interop.programs import DOMAIN, LAB, Program, Programs

pytestmark = pytest.mark.guest


def file(directory: Path, name: str, backend: str) -> str:
    """A file of the lab with that back end."""
    text = (LAB / name).read_text()
    changed = directory / f"{backend}-{name}"
    changed.write_text(text.replace('backend = "userspace"', f'backend = "{backend}"'))
    assert f'backend = "{backend}"' in changed.read_text()
    return str(changed)


def pcscf_of(network: Programs, directory: Path) -> Program:
    program = network.start("pcscf", "pcscf", "-c", file(directory, "pcscf.toml", "auto"))
    assert program.line().startswith("ready pcscf ")
    return program


def standing(network: Programs) -> tuple[int, int, int]:
    """States, policies that protect, policies of its owner that block, at the P-CSCF."""
    with network.namespace("pcscf").entered():
        state, policy = (
            subprocess.run(["ip", "xfrm", what, "list"], check=True, capture_output=True, text=True).stdout
            for what in ("state", "policy")
        )
    return state.count("proto esp"), policy.count("tmpl "), policy.count("action block priority 21632")


def policies_left(network: Programs) -> int:
    """Those that keep closed for a while what the P-CSCF has left."""
    with network.namespace("pcscf").entered():
        command = "ip xfrm policy list".split()
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return text.count("action block priority 21648")


def register(network: Programs, directory: Path, backend: str) -> None:
    ue = network.start("ue1", "ue", "-c", file(directory, "ue1.toml", backend), "register", "--json")
    assert json.loads(ue.line())["ok"]
    assert ue.end()[0] == 0


def test_killed_and_started_again(network: Programs, tmp_path: Path) -> None:
    """SA-01, SA-21, UNP-07: ports stay closed in between; the successor clears up, and UEs register again."""
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    home.line()
    pcscf = pcscf_of(network, tmp_path)
    states, protecting, blocking = standing(network)
    assert (states, protecting) == (0, 0)
    register(network, tmp_path, "kernel")
    register(network, tmp_path, "userspace")
    assert standing(network)[0] == standing(network)[1] > 0
    pcscf.end(signal.SIGKILL)
    left = standing(network)
    assert left[0] > 0
    assert left[2] == blocking > 0
    successor = pcscf_of(network, tmp_path)
    assert standing(network) == (0, 0, blocking)
    register(network, tmp_path, "kernel")
    code, _, log = successor.end(signal.SIGTERM)
    assert code == 0
    assert policies_left(network) == blocking
    assert "ipsec: kernel" in log
    assert f"removed orphans: {left[0]} states, {left[1] + left[2]} policies" in log
    assert "Traceback" not in log
    assert standing(network) == (0, 0, 0)


def test_a_shell_over_sas_of_the_kernel(network: Programs, tmp_path: Path) -> None:
    """RRG-01, RRG-02: sets change, ports and counters are told; MSG-05: in the clear from 5060."""
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    home.line()
    pcscf_of(network, tmp_path)
    path = Path(file(tmp_path, "ue1.toml", "kernel"))
    path.write_text(path.read_text().replace("[gm]", "[gm]\nport = 5060"))
    ue = network.start("ue1", "ue", "-c", str(path), "shell", "--json")
    assert ue.line().startswith("ready ")
    for command in ("register", "register", "sas", "quit"):
        ue.say(command)
    first, second = (ue.told(command="register", ok=True) for _ in "12")
    assert (first["port_us"], first["port_ps"]) == (second["port_us"], second["port_ps"])
    assert first["port_uc"] != second["port_uc"]
    sas = {(sa["set"], sa["name"]): sa for sa in ue.told(command="sas")["sas"]}
    up = sas[second["set"], "SA1-up"]
    ends = second["spi_ps"], second["port_uc"], second["port_ps"]
    assert (up["spi"], up["src_port"], up["dst_port"]) == ends
    assert up["packets"] >= 1  # SM7
    assert ue.told(command="quit", ok=True)
    assert ue.end()[0] == 0


def test_a_message_from_kernel_to_user_space(network: Programs, tmp_path: Path) -> None:
    """SA-01: a UE of either kind behind a P-CSCF in the kernel."""
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    home.line()
    pcscf_of(network, tmp_path)
    bob = network.start(
        "ue2", "ue", "-c", file(tmp_path, "ue2.toml", "userspace"), *"wait --count 1 --json".split()
    )
    bob.line()
    to = f"sip:bob@{DOMAIN}"
    alice = network.start(
        "ue1", "ue", "-c", file(tmp_path, "ue1.toml", "kernel"), "message", "--json", to, "two pairs"
    )
    assert json.loads(alice.line()) == {"ok": True, "to": to, "status": 200}
    assert json.loads(bob.line())["text"] == "two pairs"
    assert alice.end()[0] == bob.end()[0] == 0
