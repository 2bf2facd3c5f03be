"""ESP in user space where /proc/sys can only be read, as in a container."""

import signal
from pathlib import Path

import pytest
import yaml
from tests.interop.programs import LAB, NEEDS_ROOT, TWOPAIR, Program, Programs
from tests.interop.units import PACKAGING, PCSCF, USERSPACE, as_the_unit, read

pytestmark = [pytest.mark.lab, pytest.mark.slow, NEEDS_ROOT]

READ_ONLY = 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"'
SWITCHES = yaml.safe_load((PACKAGING / "compose.yaml").read_text())["services"]["pcscf"]["sysctls"]


def pcscf(network: Programs) -> Program:
    """With the capabilities that the container gets."""
    command = [*as_the_unit(read(PCSCF, USERSPACE), user="root"), *TWOPAIR]
    file = str(LAB / "pcscf.toml")
    return network.run(
        "pcscf", "unshare", "--mount", "sh", "-c", READ_ONLY, "sh", *command, "pcscf", "-c", file
    )


def turn(network: Programs) -> None:
    """As a container's engine does before it starts the container."""
    for name, value in SWITCHES.items():
        file = Path("/proc/sys") / name.replace(".", "/")
        code, _, said = network.run("pcscf", "sh", "-c", f"echo {value} >{file}").end()
        assert code == 0, said


def test_switches_of_the_compose_file_are_enough(network: Programs) -> None:
    turn(network)
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    assert home.line().startswith("ready ")
    program = pcscf(network)
    assert program.line().startswith("ready pcscf ")
    assert network.start("ue1", "ue", "-c", str(LAB / "ue1.toml"), "register").end()[0] == 0
    assert program.end(signal.SIGTERM)[0] == 0


def test_without_them_it_says_which_is_missing(network: Programs) -> None:
    network.run("pcscf", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/default/rp_filter").end()
    code, _, said = pcscf(network).end()
    assert code == 3
    assert "Read-only file system: '/proc/sys/net/ipv4/conf/tp0/rp_filter'" in said
