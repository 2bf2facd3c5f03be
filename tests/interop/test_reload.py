"""SIGHUP to a P-CSCF that runs as a program, on loopback and without ESP (ipsec.backend = "memory")."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.interop.loopback_programs import DOMAIN, Running, programs_in, told

pytestmark = pytest.mark.slow

ALGORITHMS = '["null/aes-gcm", "aes-gmac/null", "hmac-sha-1-96/aes-cbc", "hmac-sha-1-96/null"]'


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with programs_in(tmp_path) as programs:
        yield programs


@pytest.fixture
def hangup(running: Running) -> Callable[[str], str]:
    """A P-CSCF that serves; called, it gets SIGHUP, and the line with these words is awaited."""
    running.serve("home")
    pcscf = running.serve("pcscf")

    def send(words: str) -> str:
        pcscf.send_signal(signal.SIGHUP)
        return running.logged(words)

    return send


def test_other_algorithms(running: Running, hangup: Callable[[str], str]) -> None:
    """AGR-21, RRG-01: a UE with its set goes on over it; who comes after gets the new list."""
    old = running.shell(1)
    told(old, "register")
    assert running.suites(1) == ["null/aes-gcm"]
    running.change(ALGORITHMS, '["hmac-sha-1-96/null"]')
    found = hangup("security.algorithms")
    wanted = "null/aes-gcm, aes-gmac/null, hmac-sha-1-96/aes-cbc, hmac-sha-1-96/null"
    assert f"[{wanted}] -> [hmac-sha-1-96/null]: for new registrations" in found
    told(old, f"message sip:alice@{DOMAIN} still here")
    assert running.suites(1) == ["null/aes-gcm"]
    new = running.shell(2)
    told(new, "register")
    assert running.suites(2) == ["hmac-sha-1-96/null"]
    told(old, "register")
    told(old, f"message sip:bob@{DOMAIN} over a new set")
    assert running.suites(1)[-1] == "hmac-sha-1-96/null"


def test_a_wrong_file_changes_nothing(running: Running, hangup: Callable[[str], str]) -> None:
    """Every fault is a line, as at a start; the next right file is taken."""
    running.change("[security]", '[security]\nreuse = "perhaps"')
    running.change("port_ps = 5062", "port_ps = 5060")
    assert "ERROR" in hangup("pcscf.toml is not taken; all stays as it was")
    assert 'security.reuse = "perhaps": no such choice' in running.logged("security.reuse")
    ue = running.shell(1)
    told(ue, "register")
    running.change('reuse = "perhaps"', 'reuse = "replace"')
    running.change("port_ps = 5060", "port_ps = 5062")
    assert '"reject" -> "replace": from now on' in hangup("security.reuse: ")


def test_what_cannot_change(running: Running, hangup: Callable[[str], str]) -> None:
    """One line with both values; what else the file says is taken."""
    ue = running.shell(1)
    told(ue, "register")
    running.change("port_ps = 5062", "port_ps = 5072")
    running.change("[ipsec]", '[log]\nlevel = "debug"\n[ipsec]')
    assert "gm.port_ps: 5062 -> 5072: not before a restart" in hangup("gm.port_ps")
    assert '"info" -> "debug"' in running.logged("log.level")
    told(ue, f"message sip:alice@{DOMAIN} over port 5062")
    told(ue, "register")
    running.logged("DEBUG RegisterReceived")
    running.change("5072", "5062")
    hangup("nothing has changed")


def test_home_reads_nothing_again(running: Running) -> None:
    home = running.serve("home")
    home.send_signal(signal.SIGHUP)
    running.logged("SIGHUP: nothing is read again", of="home")
    home.send_signal(signal.SIGTERM)
    assert home.wait(20) == 0
