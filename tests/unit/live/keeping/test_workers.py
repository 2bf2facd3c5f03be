"""Stores of several workers: each its own, and none read by another number of them (ADR 28)."""

from pathlib import Path

import pytest
from tests.unit.live.keeping.test_kept import ONE, tokens

from twopair.live.config import ConfigError, PcscfFile, read
from twopair.live.config.part import Part
from twopair.live.keeping.opened import open_kept, places
from twopair.live.keeping.rotation import rotate

LAB = Path(__file__).parents[4] / "examples/lab"


def settings(folder: Path, workers: int) -> PcscfFile:
    file = folder / "pcscf.toml"
    text = (LAB / "pcscf.toml").read_text().replace("[node]", f"[node]\nworkers = {workers}")
    file.write_text(f'{text}\n[store]\nurl = "sqlite:///kept.db"\n')
    return read(file, PcscfFile)


def keep(folder: Path, part: Part) -> None:
    with open_kept(folder / "pcscf.toml", settings(folder, part.of).for_worker(part)) as kept:
        assert kept is not None
        kept.keep(ONE.token, ONE)


def kept_of(folder: Path, part: Part) -> set[str]:
    with open_kept(folder / "pcscf.toml", settings(folder, part.of).for_worker(part)) as kept:
        assert kept is not None
        return tokens(kept)


def refused(folder: Path, part: Part) -> str:
    with pytest.raises(ConfigError) as error:
        kept_of(folder, part)
    return error.value.lines[0]


def test_each_has_its_own_and_all_have_one_key(tmp_path: Path) -> None:
    keep(tmp_path, Part(2, 3))
    assert kept_of(tmp_path, Part(1, 3)) == set()
    assert kept_of(tmp_path, Part(2, 3)) == {ONE.token}
    assert {path.name for path in tmp_path.iterdir()} >= {"kept.db", "kept.db.2", "kept.db.key"}
    found = [places(tmp_path / "pcscf.toml", settings(tmp_path, 3).for_worker(Part(n, 3))) for n in (1, 2, 3)]
    assert len({place.key_file for place in found}) == 1
    assert len({place.journal for place in found}) == len({place.counters for place in found}) == 3


@pytest.mark.parametrize(("before", "now"), [(2, 1), (2, 3), (3, 2), (1, 2)])
def test_another_number_is_refused(before: int, now: int, tmp_path: Path) -> None:
    """Path at the home network has the ports of before; with one line that names the key and what to give."""
    keep(tmp_path, Part(1, before))
    line = refused(tmp_path, Part(1, now))
    assert f"node.workers = {now}: " in line
    assert f"give {before}" in line
    assert kept_of(tmp_path, Part(1, before)) == {ONE.token}


def test_a_first_worker_without_ues_knows_of_the_others(tmp_path: Path) -> None:
    """All UEs may be those of another one: its store says nothing to the first."""
    kept_of(tmp_path, Part(1, 2))
    keep(tmp_path, Part(2, 2))
    assert "give 2" in refused(tmp_path, Part(1, 1))


def test_an_empty_store_of_one_is_taken_by_several(tmp_path: Path) -> None:
    assert kept_of(tmp_path, Part(1, 1)) == set()
    assert kept_of(tmp_path, Part(1, 4)) == set()
    assert "give 4" in refused(tmp_path, Part(1, 1))


def test_a_new_key_seals_what_all_have(tmp_path: Path) -> None:
    """KEY-10."""
    for number in (1, 2):
        keep(tmp_path, Part(number, 2))
    before = (tmp_path / "kept.db.key").read_text()
    assert rotate(tmp_path / "pcscf.toml", settings(tmp_path, 2)) == 2
    assert (tmp_path / "kept.db.key").read_text() != before
    for number in (1, 2):
        assert kept_of(tmp_path, Part(number, 2)) == {ONE.token}
