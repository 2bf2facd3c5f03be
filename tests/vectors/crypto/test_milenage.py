"""Milenage against TS 35.207 and 35.208 (AKA-50)."""

import tomllib
from pathlib import Path

import pytest

from twopair.base import Secret
from twopair.crypto import Milenage, opc_from_op

DATA = Path(__file__).parents[1] / "data"
SETS = tomllib.loads((DATA / "milenage_35208.toml").read_text())["set"]


@pytest.mark.parametrize("vector", SETS, ids=lambda v: v["clause"])
def test_every_function_gives_the_published_value(vector: dict[str, str]) -> None:
    v = {name: bytes.fromhex(value) for name, value in vector.items() if name not in ("name", "clause")}
    assert opc_from_op(Secret(v["k"]), Secret(v["op"])) == Secret(v["opc"])
    for functions in (
        Milenage(Secret(v["k"]), Secret(v["opc"])),
        Milenage.from_op(Secret(v["k"]), Secret(v["op"])),
    ):
        assert functions.f1(v["rand"], v["sqn"], v["amf"]) == v["f1"]
        assert functions.f1_star(v["rand"], v["sqn"], v["amf"]) == v["f1_star"]
        assert functions.f2345(v["rand"]) == (v["f2"], v["f3"], v["f4"], v["f5"])
        assert functions.f5_star(v["rand"]) == v["f5_star"]


def test_there_are_twenty_different_sets() -> None:
    assert len({(v["k"], v["rand"]) for v in SETS}) == 20
