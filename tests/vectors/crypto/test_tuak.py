"""TUAK against TS 35.233 (AKA-51)."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from twopair.base import Secret
from twopair.crypto import Tuak, TuakSizes, topc_from_top

DATA = Path(__file__).parents[1] / "data"
SETS = tomllib.loads((DATA / "tuak_35233.toml").read_text())["set"]


@pytest.mark.parametrize("vector", SETS, ids=lambda v: v["clause"])
def test_every_function_gives_the_published_value(vector: dict[str, Any]) -> None:
    other = ("name", "clause", "iterations")
    v = {name: bytes.fromhex(value) for name, value in vector.items() if name not in other}
    iterations: int = vector["iterations"]
    sizes = TuakSizes(len(v["f1"]), len(v["f2"]), len(v["f3"]), len(v["f4"]), iterations)
    assert topc_from_top(Secret(v["k"]), Secret(v["top"]), iterations) == Secret(v["topc"])
    for functions in (
        Tuak(Secret(v["k"]), Secret(v["topc"]), sizes),
        Tuak.from_top(Secret(v["k"]), Secret(v["top"]), sizes),
    ):
        assert functions.f1(v["rand"], v["sqn"], v["amf"]) == v["f1"]
        assert functions.f1_star(v["rand"], v["sqn"], v["amf"]) == v["f1_star"]
        assert functions.f2345(v["rand"]) == (v["f2"], v["f3"], v["f4"], v["f5"])
        assert functions.f5_star(v["rand"]) == v["f5_star"]


def test_the_six_sets_vary_every_length() -> None:
    """One K length, MAC length or iteration count would leave the others unproved."""
    assert {len(v["k"]) // 2 for v in SETS} == {16, 32}
    assert {len(v["f1"]) // 2 for v in SETS} == {8, 16, 32}
    assert {len(v["f2"]) // 2 for v in SETS} == {4, 8, 16, 32}
    assert {v["iterations"] for v in SETS} == {1, 2}
