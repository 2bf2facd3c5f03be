"""Where there can be no workers, the P-CSCF says so in a line, and what to do (ADR 28)."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.interop.programs import LAB, NEEDS_ROOT, TWOPAIR, Programs
from tests.interop.units import PCSCF, USERSPACE, USERSPACE_WORKERS, as_the_unit, read

pytestmark = [pytest.mark.lab, pytest.mark.slow, NEEDS_ROOT]

CANNOT_STEER = (
    "node.workers: this kernel cannot steer what comes to one of them (SO_ATTACH_REUSEPORT_CBPF, Linux 4.5): "
    "protocol not available; give 1, or run a P-CSCF for each address of Gm"
)
NO_BPF = "ipsec: several workers with ESP in user space need CAP_BPF; or give node.workers = 1"
FOR_EVERYBODY = """
mknod "$0/tun" c 10 200 && chmod 666 "$0/tun" && mount --bind "$0/tun" /dev/net/tun && exec "$@"
"""
"""What udev sees to on most machines (/dev/net/tun), for one command."""

BPF_FOR_ALL = Path("/proc/sys/kernel/unprivileged_bpf_disabled")


@pytest.fixture
def file() -> Iterator[Path]:
    """The P-CSCF of the lab with two workers, where the user `daemon` has a way to."""
    with TemporaryDirectory(prefix="twopair-") as folder:
        path = Path(folder) / "pcscf.toml"
        path.write_text((LAB / "pcscf.toml").read_text().replace("[node]", "[node]\nworkers = 2"))
        for each in (path.parent, path):
            shutil.chown(each, "daemon", "daemon")
        yield path


def rules(network: Programs) -> str:
    with network.namespace("pcscf").entered():
        return subprocess.run(["ip", "rule"], check=True, capture_output=True, text=True).stdout


def refused(network: Programs, file: Path, *before: str) -> str:
    """What it says, which is a line; it leaves no rule behind."""
    stood = rules(network)
    code, out, said = network.run("pcscf", *before, *TWOPAIR, "pcscf", "-c", str(file)).end()
    assert (code, out, said.count("\n")) == (3, "", 1), said
    assert rules(network) == stood
    return said


def without(*words: str) -> list[str]:
    return [sys.executable, "-m", "tests.interop.without", *words]


def unit(file: Path, *drop_ins: Path) -> list[str]:
    """With its rights, and that to read this repository and its interpreter, wherever they are."""
    everybody = ["unshare", "--mount", "sh", "-c", FOR_EVERYBODY, str(file.parent)]
    rights = as_the_unit(read(PCSCF, *drop_ins), user="daemon", more=["CAP_DAC_READ_SEARCH"])
    return [*everybody, *rights]


@pytest.mark.parametrize("backend", ["memory", "userspace"])
@pytest.mark.parametrize("lacks", ["steering", "sharing"])
def test_a_kernel_that_cannot_steer(network: Programs, file: Path, lacks: str, backend: str) -> None:
    """There is no way to share a port then that keeps each UE with its worker."""
    file.write_text(file.read_text().replace('backend = "userspace"', f'backend = "{backend}"'))
    assert refused(network, file, *without(lacks)).endswith(f"{CANNOT_STEER}\n")


def test_a_filter_that_leaves_out_bpf(network: Programs, file: Path) -> None:
    """As that of a unit does; one process needs none of it."""
    assert refused(network, file, *without("bpf")).endswith(f"{NO_BPF}\n")
    file.write_text(file.read_text().replace("workers = 2", "workers = 1"))
    pcscf = network.run("pcscf", *without("bpf"), *TWOPAIR, "pcscf", "-c", str(file))
    assert pcscf.line().startswith("ready pcscf ")
    assert pcscf.end(signal.SIGTERM)[0] == 0


def test_a_worker_that_cannot_be_started(network: Programs, file: Path) -> None:
    """Its program is gone, as while another version is installed: the start fails, and waits for nobody."""
    *python, program = TWOPAIR
    gone = f"import sys; sys.executable = '/gone'; {program}"
    code, out, said = network.run("pcscf", *python, gone, "pcscf", "-c", str(file)).end()
    assert (code, out) == (3, "")
    assert said.count("worker 1 cannot be started: no such file or directory\n") == 1
    assert "Traceback" not in said


def test_rights_of_the_unit_without_its_drop_in(network: Programs, file: Path) -> None:
    if BPF_FOR_ALL.exists() and BPF_FOR_ALL.read_text().strip() == "0":
        pytest.skip("here everybody may use bpf(2): kernel.unprivileged_bpf_disabled = 0")
    assert refused(network, file, *unit(file, USERSPACE)).endswith(f"{NO_BPF}\n")


def test_rights_of_the_unit_with_its_drop_in(network: Programs, file: Path) -> None:
    """CAP_BPF beside those for ESP in user space is all that two workers need."""
    home = network.start("home", "home", "-c", str(LAB / "home.toml"))
    assert home.line().startswith("ready ")
    rights = unit(file, USERSPACE, USERSPACE_WORKERS)
    pcscf = network.run("pcscf", *rights, *TWOPAIR, "pcscf", "-c", str(file))
    assert pcscf.line(60).endswith("2 workers")
    for number in (1, 2):
        ue = network.start(f"ue{number}", "ue", "-c", str(LAB / f"ue{number}.toml"), "register")
        assert ue.end()[0] == 0
    code, _, said = pcscf.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in said
