"""Key expansion of 33.203 Annex I (KEY-01..KEY-07)."""

import tomllib
from pathlib import Path

import pytest

from twopair.base import STATUS, Secret, Suite
from twopair.crypto import EspKeys, expand, kdf

DATA = tomllib.loads((Path(__file__).parents[1] / "data" / "annex_i.toml").read_text())
CK, IK = bytes.fromhex(DATA["ck"]), bytes.fromhex(DATA["ik"])


@pytest.mark.parametrize("vector", DATA["suite"], ids=lambda v: v["name"])
def test_keys_of_every_suite(vector: dict[str, str]) -> None:
    expected = EspKeys(*(Secret.from_hex(vector[part]) for part in ("integrity", "encryption", "salt")))
    assert expand(Suite.parse(vector["name"]), Secret(CK), Secret(IK)) == expected


def test_no_suite_is_left_out() -> None:
    assert {Suite.parse(v["name"]) for v in DATA["suite"]} == set(STATUS)


def test_kdf_outputs_are_those_of_33_220() -> None:
    """KEY-05: S = FC || P0 || L0."""
    assert kdf(CK + IK, 0x58, b"AES_GMAC_SALT").hex() == DATA["kdf_gmac"]
    assert kdf(CK + IK, 0x59, b"AES_GCM_SALT").hex() == DATA["kdf_gcm"]
