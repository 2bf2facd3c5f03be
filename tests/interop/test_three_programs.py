"""P-CSCF, home network and UEs as programs of their own, with the files of examples/lab."""

import json
import signal
from pathlib import Path

import pytest
from tests.interop.ear import heard
from tests.interop.programs import DOMAIN, LAB, NEEDS_ROOT, SM1, SM6, Program, Programs

pytestmark = [
    pytest.mark.lab,
    NEEDS_ROOT,
]


def services(network: Programs) -> tuple[Program, Program]:
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    assert home.line() == f"ready home {DOMAIN} on 10.20.0.2:5060"
    pcscf = network.start("pcscf", "pcscf", "-c", str(LAB / "pcscf.toml"))
    assert pcscf.line().startswith("ready pcscf ")
    return home, pcscf


def test_a_message_between_two_ues_and_nothing_but_sm1_and_sm6_in_the_clear(network: Programs) -> None:
    ear = network.ear()
    home, pcscf = services(network)
    bob = network.start("ue2", "ue", "-c", str(LAB / "ue2.toml"), "wait", "--count", "1", "--json")
    assert bob.line() == f"ready sip:001010000000002@{DOMAIN}"
    alice = network.start(
        "ue1", "ue", "-c", str(LAB / "ue1.toml"), "message", "--json", f"sip:bob@{DOMAIN}", "two pairs"
    )
    assert alice.result() == {"ok": True, "to": f"sip:bob@{DOMAIN}", "status": 200}
    message = json.loads(bob.line())
    assert (message["from"], message["text"]) == (f"sip:alice@{DOMAIN}", "two pairs")
    assert alice.end() == (0, "", "")
    assert bob.end() == (0, "", "")
    for service in (pcscf, home):
        code, out, err = service.end(signal.SIGTERM)
        assert (code, out) == (0, "")
        assert "Traceback" not in err

    crossed = heard(ear)
    assert crossed.beside_5060 == []
    assert crossed.lines == [SM1, SM6] * 2
    assert crossed.protected > 20


def test_register_tells_what_came_of_it(network: Programs) -> None:
    _home, pcscf = services(network)
    ue = network.start("ue1", "ue", "-c", str(LAB / "ue1.toml"), "register", "--json")
    outcome = ue.result()
    assert ue.end()[0] == 0
    assert outcome["ok"]
    assert outcome["impi"] == f"001010000000001@{DOMAIN}"
    assert outcome["associated"] == [f"sip:alice@{DOMAIN}"]
    assert [sa["name"] for sa in outcome["sas"]] == ["SA1-dn", "SA1-up", "SA2-dn", "SA2-up"]
    again = network.start("ue1", "ue", "-c", str(LAB / "ue1.toml"), "register")
    assert again.line().startswith(f"registered sip:001010000000001@{DOMAIN} for ")
    assert again.end()[0] == 0
    assert "Traceback" not in pcscf.end(signal.SIGINT)[2]


def test_an_unknown_subscriber_is_not_registered(network: Programs, tmp_path: Path) -> None:
    services(network)
    stranger = tmp_path / "ue.toml"
    stranger.write_text((LAB / "ue1.toml").read_text().replace("001010000000001", "001010000000009"))
    ue = network.start("ue1", "ue", "-c", str(stranger), "register", "--json")
    outcome = ue.result()
    assert not outcome["ok"]
    assert outcome["reason"].startswith("403 ")
    assert ue.end()[0] == 1


def test_an_address_of_another_machine_is_a_fault_of_the_file(network: Programs, tmp_path: Path) -> None:
    elsewhere = tmp_path / "pcscf.toml"
    elsewhere.write_text((LAB / "pcscf.toml").read_text().replace("10.10.0.1", "10.10.0.77"))
    code, out, err = network.start("pcscf", "pcscf", "-c", str(elsewhere)).end()
    assert (code, out) == (2, "")
    last = err.splitlines()[-1]
    words = "not an address of this machine; give one of its own"
    assert last == f'twopair: {elsewhere}: gm.addresses = "10.10.0.77": {words}'
    assert "cannot bind" not in err
    assert "Traceback" not in err
