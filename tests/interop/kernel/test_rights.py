"""The P-CSCF with ESP in the kernel, as an ordinary user with the rights of its unit and no others."""

import shutil
import signal
from pathlib import Path

import pytest
from tests.interop.programs import LAB, TWOPAIR, Programs
from tests.interop.units import PCSCF, as_the_unit, read

pytestmark = pytest.mark.guest

FOLDER = Path("/run/twopair")
"""On the guest's own disk in memory, where users other than root have a way to."""


def test_cap_net_admin_is_enough(network: Programs) -> None:
    """SA-01, MGP-14: it probes, installs sets, is ended, and its successor adopts them."""
    FOLDER.mkdir()
    text = (LAB / "pcscf.toml").read_text().replace('"userspace"', '"kernel"')
    file = FOLDER / "pcscf.toml"
    file.write_text(f'{text}[store]\nurl = "sqlite:///pcscf.db"\n[admin]\nsocket = "sock"\n')
    for path in (FOLDER, file):
        shutil.chown(path, "daemon", "daemon")
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    assert home.line().startswith("ready ")
    command = [*as_the_unit(read(PCSCF), user="daemon"), *TWOPAIR, "pcscf", "-c", str(file)]
    pcscf = network.run("pcscf", *command)
    assert pcscf.line().startswith("ready pcscf ")
    ue = network.start("ue1", "ue", "-c", str(LAB / "ue1.toml"), "register")
    assert ue.end()[0] == 0
    code, _, log = pcscf.end(signal.SIGTERM)
    assert code == 0
    assert "ipsec: kernel" in log
    successor = network.run("pcscf", *command)
    assert successor.line().startswith("ready pcscf ")
    code, out, _ = network.start("pcscf", "explain", "10.10.1.1", "-s", str(FOLDER / "sock")).end()
    assert (code, out.splitlines()[0]) == (0, "The UE is registered.")
    assert "Traceback" not in successor.end(signal.SIGTERM)[2]
