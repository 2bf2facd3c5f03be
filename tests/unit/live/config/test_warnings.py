"""What is no fault and is seldom meant."""

from pathlib import Path

import pytest

from twopair.live.config import HomeFile, UeFile, read
from twopair.live.ue.ue import Ue

LAB = Path(__file__).parents[4] / "examples/lab"
OWN = "ims.mnc001.mcc001.3gppnetwork.org"
OTHER = "ims.mnc002.mcc001.3gppnetwork.org"


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    text = (LAB / name).read_text()
    assert old in text
    file = folder / name
    file.write_text(text.replace(old, new, 1))
    return file


def test_an_imsi_of_another_network_than_the_home_network(tmp_path: Path) -> None:
    """UEP-01: a two-digit MNC has a 0 before it in the domain."""
    assert not list(read(LAB / "home.toml", HomeFile).warnings())
    file = changed(tmp_path, "home.toml", '"001010000000001"', '"001020000000001"')
    said = f'subscriber[1].imsi = "001020000000001": not of {OWN}; its domain is {OTHER}'
    assert list(read(file, HomeFile).warnings()) == [said]


@pytest.mark.parametrize(
    ("domain", "warned"), [(OWN, False), (OWN.upper(), False), (OTHER, True), ("example.org", False)]
)
def test_an_imsi_of_another_network_than_the_domain_of_the_ue(
    tmp_path: Path, domain: str, warned: bool
) -> None:
    """UEP-01."""
    file = changed(tmp_path, "ue1.toml", "[identity]", f'[identity]\ndomain = "{domain}"')
    said = f'identity.imsi = "001010000000001": not of {domain}; its domain is {OWN}'
    assert list(read(file, UeFile).warnings()) == [said] * warned


def test_the_ue_warns_once_when_it_is_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = changed(tmp_path, "ue1.toml", "[identity]", f'[identity]\ndomain = "{OTHER}"')
    Ue.from_file(file)
    said = f'{file}: identity.imsi = "001010000000001": not of {OTHER}; its domain is {OWN}'
    assert [record.getMessage() for record in caplog.records] == [said]
