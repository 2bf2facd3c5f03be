"""Digest AKA over Milenage set 1 (AKA-01..AKA-05, AKA-21, AKA-40, AKA-42)."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from twopair.base import Secret
from twopair.core.aka import (
    aka_password,
    decode_auts,
    decode_nonce,
    digest_response,
    encode_auts,
    encode_nonce,
)

DATA = Path(__file__).parents[2] / "data"
DIGEST: dict[str, Any] = tomllib.loads((DATA / "digest_aka.toml").read_text())
SET_1 = tomllib.loads((DATA / "milenage_35208.toml").read_text())["set"][0]
OURS = tomllib.loads((DATA / "autn_auts.toml").read_text())["set"][0]


@pytest.mark.parametrize("answer", DIGEST["answer"], ids=lambda a: a["name"])
def test_password_and_response(answer: dict[str, str]) -> None:
    password = bytes.fromhex(answer["password"])
    if password:
        res, ik, ck = (Secret.from_hex(SET_1[f]) for f in ("f2", "f4", "f3"))
        assert aka_password(answer["algorithm"], res, ik, ck) == password
    response = digest_response(
        answer["algorithm"],
        DIGEST["username"],
        DIGEST["realm"],
        password,
        DIGEST["method"],
        DIGEST["uri"],
        DIGEST["nonce"],
        answer.get("qop"),
        DIGEST["nc"],
        DIGEST["cnonce"],
    )
    assert response == answer["response"]


def test_nonce_and_auts_texts() -> None:
    """AKA-02, AKA-21."""
    rand, autn, auts = (bytes.fromhex(text) for text in (SET_1["rand"], OURS["autn"], OURS["auts"]))
    assert encode_nonce(rand, autn) == DIGEST["nonce"]
    assert decode_nonce(DIGEST["nonce"]) == (rand, autn)
    assert encode_auts(auts) == DIGEST["auts"]
    assert decode_auts(DIGEST["auts"]) == auts
