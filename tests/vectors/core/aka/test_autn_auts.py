"""AUTN and AUTS of the Milenage sets 1..6 (AKA-11, AKA-16, AKA-17)."""

import tomllib
from pathlib import Path

import pytest

from twopair.base import Secret
from twopair.core.aka import (
    Accepted,
    Isim,
    SqnHome,
    SqnProfile,
    SqnUsim,
    SyncFailure,
    generate_vector,
    resynchronise,
)
from twopair.crypto import Milenage

DATA = Path(__file__).parents[2] / "data"
PUBLISHED = {v["name"]: v for v in tomllib.loads((DATA / "milenage_35208.toml").read_text())["set"]}
OURS = tomllib.loads((DATA / "autn_auts.toml").read_text())["set"]
ANY_JUMP = SqnProfile(delta=1 << 48)


@pytest.mark.parametrize("ours", OURS, ids=lambda v: f"set {v['name']}")
def test_network_and_card_agree_with_the_vector(ours: dict[str, str]) -> None:
    v = {
        name: bytes.fromhex(value)
        for name, value in PUBLISHED[ours["name"]].items()
        if name not in ("name", "clause")
    }
    functions = Milenage(Secret(v["k"]), Secret(v["opc"]))

    vector = generate_vector(functions, v["sqn"], v["amf"], v["rand"])
    assert vector.autn.hex() == ours["autn"]
    assert (vector.xres, vector.ck, vector.ik) == (Secret(v["f2"]), Secret(v["f3"]), Secret(v["f4"]))

    card = Isim(functions, SqnUsim(profile=ANY_JUMP))
    assert card.answer(v["rand"], vector.autn) == Accepted(Secret(v["f2"]), Secret(v["f3"]), Secret(v["f4"]))
    again = card.answer(v["rand"], vector.autn)
    assert again == SyncFailure(bytes.fromhex(ours["auts"]))

    home = SqnHome(profile=SqnProfile(delta=1))
    assert resynchronise(functions, home, v["rand"], again.auts)
    assert home.snapshot() == int.from_bytes(v["sqn"], "big")


def test_all_six_sets_are_there() -> None:
    assert [v["name"] for v in OURS] == list("123456")
