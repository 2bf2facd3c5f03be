"""What is packed fits together: units, configuration, manual page."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.interop.units import FAILOVER, HOME, PACKAGING, PCSCF, USERSPACE, USERSPACE_WORKERS, read, rights
from tests.tidy.test_documents import COMMANDS
from tools.pages.man import man
from tools.pages.vendored import vendored

from twopair.live.config import HomeFile, PcscfFile
from twopair.live.config import read as read_file

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/install-as-a-service.md").read_text()
INSTALLED = (PACKAGING / "debian/twopair.install").read_text().split()


def test_the_configuration_that_is_installed_is_right_and_fits_the_unit() -> None:
    unit, settings = read(PCSCF), read_file(PACKAGING / "pcscf.toml", PcscfFile)
    assert settings.store.url.startswith(f"sqlite:////var/lib/{unit['StateDirectory'][0]}/")
    assert (settings.admin.socket or "").startswith(f"/run/{unit['RuntimeDirectory'][0]}/")
    command = unit["ExecStart"][0].split()
    assert command[-1] == f"/etc/{unit['ConfigurationDirectory'][0]}/pcscf.toml"
    assert INSTALLED[INSTALLED.index("pcscf.toml") + 1] == "etc/twopair"


def test_the_home_network_of_the_example_is_right() -> None:
    assert read_file(ROOT / "examples/lab/home.toml", HomeFile)
    assert read(HOME)["ConditionPathExists"][0] == read(HOME)["ExecStart"][0].split()[-1]


def test_rights() -> None:
    """No user but its own, no capability that its ESP does not need."""
    assert rights(read(PCSCF)) == ["CAP_NET_ADMIN"]
    assert rights(read(PCSCF, USERSPACE)) == ["CAP_NET_ADMIN", "CAP_NET_RAW"]
    assert rights(read(PCSCF, USERSPACE, USERSPACE_WORKERS))[2:] == ["CAP_BPF"]
    assert read(PCSCF, USERSPACE_WORKERS)["SystemCallFilter"][-2:] == ["~@privileged @resources", "bpf"]
    assert rights(read(PCSCF, FAILOVER)) == ["CAP_NET_ADMIN", "CAP_NET_RAW"]
    assert "AF_PACKET" in read(FAILOVER)["RestrictAddressFamilies"]
    assert rights(read(HOME)) == []
    for file in (PCSCF, HOME):
        unit = read(file)
        assert (unit["User"], unit["NoNewPrivileges"], unit["LimitCORE"]) == (["twopair"], ["yes"], ["0"])


def test_the_manual_page_names_every_command_and_option() -> None:
    page = re.sub(r"\\f[BIR]", "", man()).replace(r"\-", "-")
    for words, command in COMMANDS.items():
        assert " ".join(words) in page
        assert all(name in page for parameter in command.parameters for name in parameter.names)


def test_libraries_are_listed_with_their_licences(tmp_path: Path) -> None:
    """By what each says of itself: an expression, a word, or classifiers."""
    said = {
        "aa": "License-Expression: MIT",
        "bb": "License: BSD",
        "cc": "License: a whole\n  text\nClassifier: License :: OSI Approved :: ISC License (ISCL)",
    }
    for name, words in said.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{words}\n")
    rows = [tuple(line.split(maxsplit=2)) for line in vendored(str(tmp_path))]
    assert rows == [("aa", "1.0", "MIT"), ("bb", "1.0", "BSD"), ("cc", "1.0", "ISC License (ISCL)")]


@pytest.mark.peer
@pytest.mark.parametrize(
    ("units", "most"),
    [
        ((PCSCF,), 1.5),
        ((HOME,), 1.1),
        ((PCSCF, USERSPACE), 2.0),
        ((PCSCF, USERSPACE, USERSPACE_WORKERS), 2.1),
        ((PCSCF, FAILOVER), 1.8),
    ],
)
def test_exposure(units: tuple[Path, ...], most: float, tmp_path: Path) -> None:
    """What systemd counts of what a unit leaves open is what the page says, and no more."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("missing: apt-get install systemd")
    whole = tmp_path / "whole.service"
    whole.write_text("\n".join(file.read_text() for file in units))
    words = ["systemd-analyze", "security", "--offline=true", f"--threshold={round(10 * most)}", str(whole)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(most) in PAGE
