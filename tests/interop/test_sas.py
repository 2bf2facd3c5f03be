"""`twopair sas` asks a P-CSCF that runs as a program, over its admin socket."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, Program, Programs

pytestmark = [
    pytest.mark.lab,
    NEEDS_ROOT,
]

IMPI = f"001010000000001@{DOMAIN}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The P-CSCF of examples/lab with an admin socket."""
    file = tmp_path / "pcscf.toml"
    text = (LAB / "pcscf.toml").read_text()
    file.write_text(f'{text}\n[admin]\nsocket = "{tmp_path}/pcscf.sock"\n')
    return file


def services(network: Programs, config: Path) -> tuple[Program, Program]:
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    pcscf = network.start("pcscf", "pcscf", "-c", str(config))
    for program in (home, pcscf):
        assert program.line().startswith("ready ")
    return home, pcscf


def sas(network: Programs, config: Path, *more: str) -> Any:
    code, out, err = network.start("pcscf", "sas", "-c", str(config), "--json", *more).end()
    assert (code, err) == (0, "")
    return json.loads(out)


def test_sets_and_counters_of_a_registered_ue(network: Programs, config: Path) -> None:
    """SA-23: the same SPIs as at the UE; SM7 is counted on SA1-up, the 200 on SA2-dn."""
    _home, pcscf = services(network, config)
    assert sas(network, config) == []
    ue = network.start("ue1", "ue", "-c", str(LAB / "ue1.toml"), "register", "--json")
    outcome = ue.result()
    assert ue.end()[0] == 0
    (found,) = sas(network, config)
    assert (found["impi"], found["address"], found["registered"]) == (IMPI, "10.10.1.1", True)
    assert found["impus"] == outcome["associated"]
    assert outcome["expires_s"] - 20 <= found["expires_in_s"] <= outcome["expires_s"]
    (of,) = found["sets"]
    assert (of["stage"], of["suite"]) == ("in use", "null/aes-gcm")
    assert {sa["name"]: sa["spi"] for sa in of["sas"]} == {sa["name"]: sa["spi"] for sa in outcome["sas"]}
    packets = {sa["name"]: sa["packets"] for sa in of["sas"]}
    assert packets["SA1-up"] >= 1
    assert packets["SA2-dn"] >= 1
    assert all(sa["integrity_failed"] == sa["replayed"] == 0 for sa in of["sas"])
    for who in (IMPI, outcome["associated"][0], "10.10.1.1"):
        assert [one["impi"] for one in sas(network, config, who)] == [IMPI]
    assert sas(network, config, "10.10.1.2") == []
    code, text, _ = network.start("pcscf", "sas", "-s", str(config.with_name("pcscf.sock"))).end()
    assert code == 0
    assert text.startswith(f"{IMPI} at 10.10.1.1: registered for ")
    assert pcscf.end(signal.SIGTERM)[0] == 0


def test_a_watch_sees_a_ue_come(network: Programs, config: Path) -> None:
    services(network, config)
    watch = network.start("pcscf", "sas", "-c", str(config), "--watch", "--json")
    assert json.loads(watch.line()) == []
    network.start("ue1", "ue", "-c", str(LAB / "ue1.toml"), "register")
    seen = [json.loads(watch.line()) for _ in range(5)]
    assert any(ues and ues[0]["registered"] for ues in seen)
    assert watch.end(signal.SIGINT)[0] == 0


def test_the_socket_of_a_killed_pcscf_is_taken_over_and_that_of_a_living_one_is_not(
    network: Programs, config: Path
) -> None:
    _home, pcscf = services(network, config)
    moved = config.read_text().replace("10.10.0.1", "10.10.1.2").replace("10.20.0.1", "127.0.0.1")
    config.with_name("other.toml").write_text(moved)
    code, out, err = network.start("ue2", "pcscf", "-c", str(config.with_name("other.toml"))).end()
    assert (code, out) == (3, "")
    assert err.splitlines()[-1] == (
        f"twopair: admin.socket: another program answers at {config.with_name('pcscf.sock')}; "
        "end it, or give another path"
    )
    pcscf.kill()
    code, _, err = network.start("pcscf", "sas", "-c", str(config)).end()
    assert code == 3
    assert err == f"twopair: no P-CSCF answers at {config.with_name('pcscf.sock')}: Connection refused\n"
    again = network.start("pcscf", "pcscf", "-c", str(config))
    assert again.line().startswith("ready ")
    assert sas(network, config) == []
    assert again.end(signal.SIGTERM)[0] == 0
    assert not config.with_name("pcscf.sock").exists()
