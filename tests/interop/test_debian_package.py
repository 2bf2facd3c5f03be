"""The Debian package: built, looked at, installed in a fresh Debian, started by hand and by systemd."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.interop.fresh_debian import Booted, FreshDebian, lacking
from tests.interop.programs import LAB, Programs
from tests.interop.units import HOME, PCSCF, USERSPACE, as_the_unit, read, without_rights

from twopair.backends.kernel.probe import probe

pytestmark = [pytest.mark.lab, pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(900)]

UNIT = [PCSCF] if not probe().lacking() else [PCSCF, USERSPACE]
"""With the drop-in for ESP in user space, where the kernel has none."""

ASKED = ("/usr/bin/twopair", "explain", "10.10.1.1", "--json", "-s", "/run/twopair/pcscf.sock")
WANTED = (
    "etc/twopair/pcscf.toml",
    "lib/systemd/system/twopair-home.service",
    "lib/systemd/system/twopair-pcscf.service",
    "usr/bin/twopair",
    "usr/lib/sysusers.d/twopair.conf",
    "usr/share/doc/twopair/copyright",
    "usr/share/doc/twopair/examples/alerts.yaml",
    "usr/share/doc/twopair/examples/twopair-pcscf.json",
    "usr/share/doc/twopair/examples/userspace-workers.conf",
    "usr/share/doc/twopair/examples/userspace.conf",
    "usr/share/doc/twopair/vendored.txt",
    "usr/share/man/man1/twopair.1.gz",
)


def test_from_a_fresh_debian_to_a_registered_ue(network: Programs, tmp_path: Path) -> None:
    """One test, since a Debian takes its time to make."""
    if why := lacking():
        pytest.skip(why)
    debian = FreshDebian(tmp_path / "debian")
    is_whole(debian)
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    assert home.line().startswith("ready home ")
    starts_with_the_rights_of_the_unit(debian, network)
    debian.run("rm", "-r", "/var/lib/twopair")
    with debian.booted(network, "pcscf") as booted:
        runs_under_systemd(booted, network)
    is_gone_without_a_trace(debian)


def is_whole(debian: FreshDebian) -> None:
    """What the package has; lintian and systemd find no fault with it."""
    said = subprocess.run(["lintian", debian.package], check=False, capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (0, "")
    assert "Status: install ok installed" in debian.install()
    assert not [name for name in WANTED if not (debian.folder / name).exists()]
    assert (
        debian.run("dpkg-query", "-W", "-f", "${Conffiles}", "twopair").split()[0]
        == "/etc/twopair/pcscf.toml"
    )
    assert list((debian.folder / "usr/lib/twopair/twopair/__pycache__").glob("*.pyc")), "not compiled"
    for unit in (PCSCF, HOME):
        words = ["systemd-analyze", "verify", "--man=no", f"--root={debian.folder}", unit.name]
        said = subprocess.run(words, check=False, capture_output=True, text=True)
        ours = [line for line in (said.stdout + said.stderr).splitlines() if "twopair" in line]
        assert not ours


def starts_with_the_rights_of_the_unit(debian: FreshDebian, network: Programs) -> None:
    """Its command line, without systemd: ready, asked, and a UE registers."""
    unit = read(*UNIT)
    debian.folders_of(unit)
    command = [*as_the_unit(unit), *unit["ExecStart"][0].split()]
    pcscf = network.run("pcscf", *debian.inside(*command))
    assert pcscf.line().startswith("ready pcscf ")
    ask = debian.inside(*without_rights(unit["User"][0]), *ASKED)
    code, out, _ = network.run("pcscf", *ask).end()
    assert (code, json.loads(out)["cause"]) == (2, "never-heard")
    registers(network)
    code, out, _ = network.run("pcscf", *ask).end()
    assert (code, json.loads(out)["cause"]) == (0, "registered")
    code, _, log = pcscf.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in log


def registers(network: Programs) -> None:
    ue = network.start("ue1", "ue", "-c", str(LAB / "ue1.toml"), "register")
    assert ue.end()[0] == 0


def runs_under_systemd(booted: Booted, network: Programs) -> None:
    """The unit itself, with all that hardens it; killed, it goes on with the UE (MGP-14)."""
    service = "twopair-pcscf.service"
    if USERSPACE in UNIT:
        example = f"/usr/share/doc/twopair/examples/{USERSPACE.name}"
        booted.run("install", "-D", "-m", "644", example, f"/etc/systemd/system/{service}.d/{USERSPACE.name}")
        booted.run("systemctl", "daemon-reload")
    booted.run("systemctl", "start", service)
    is_asked(booted, start=1, code=2)
    is_ready = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9464/ready').status)"
    assert booted.run("python3", "-c", is_ready) == "200\n"
    status = _status(booted)
    assert status["Uid"].split()[0] != "0"
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
    allowed = {"CAP_NET_ADMIN": 1 << 12, "CAP_NET_RAW": 1 << 13}
    wanted = sum(allowed[name] for name in " ".join(read(*UNIT)["AmbientCapabilities"]).split())
    assert {int(status[name], 16) for name in ("CapEff", "CapBnd", "CapPrm")} == {wanted}
    booted.run("systemctl", "reload", service)
    registers(network)
    booted.run("systemctl", "kill", "--signal=KILL", service)
    before = status["Pid"]
    is_asked(booted, start=2, code=0)
    assert _status(booted)["Pid"] != before
    booted.run("systemctl", "stop", service)
    assert "Traceback" not in _log(booted)


def is_asked(booted: Booted, start: int, code: int) -> None:
    """Once it serves, at its first or second start, `explain` answers with that exit code."""
    over = time.monotonic() + 30
    while _log(booted).count("ready pcscf") < start:
        assert time.monotonic() < over, _log(booted)
        time.sleep(0.2)
    booted.run(*ASKED, code=code)


def _log(booted: Booted) -> str:
    return booted.run("journalctl", "--no-pager", "--boot", "--unit", "twopair-pcscf")


def _status(booted: Booted) -> dict[str, str]:
    pid = booted.run("systemctl", "show", "--property=MainPID", "--value", "twopair-pcscf").strip()
    lines = booted.run("cat", f"/proc/{pid}/status").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def is_gone_without_a_trace(debian: FreshDebian) -> None:
    """Purged, it leaves neither code nor state."""
    debian.run("dpkg", "--purge", "twopair")
    left = ("etc/twopair", "usr/lib/twopair", "var/lib/twopair", "usr/bin/twopair")
    assert not [name for name in left if (debian.folder / name).exists()]
