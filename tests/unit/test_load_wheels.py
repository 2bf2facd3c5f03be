"""Which program is measured."""

import sys
from pathlib import Path

from benchmarks.load.phone import Place
from benchmarks.load.programs import CONFIGURATION, Wheel, wheels


def test_without_a_word_it_is_the_one_that_runs_this() -> None:
    assert wheels()[0] == Wheel("pure", Path(sys.executable), {"TWOPAIR_PURE": "1"})


def test_a_wheel_is_an_interpreter_or_a_folder(tmp_path: Path) -> None:
    pure, compiled = wheels(["pure=/nowhere/bin/python", f"compiled={tmp_path}"])
    assert pure.program("pcscf") == ["env", "TWOPAIR_PURE=1", "/nowhere/bin/twopair", "pcscf"]
    assert compiled == Wheel("compiled", Path(sys.executable), {"PYTHONPATH": str(tmp_path)})


def test_it_says_what_it_is() -> None:
    assert wheels()[0].says().startswith("twopair ")


def test_the_configuration_is_one_of_a_pcscf() -> None:
    text = CONFIGURATION.format(domain="d", place=Place.on_loopback(2), backend="memory")
    assert 'addresses = ["127.1.2.1"]' in text
    assert "{" not in text
