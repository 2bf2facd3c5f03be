"""AKA-15, AKA-18: the array SEQ_MS survives power-off."""

from pathlib import Path

import pytest

from twopair.live.ue.sqn_file import SqnFile


def test_a_new_card_has_none(tmp_path: Path) -> None:
    assert SqnFile(tmp_path / "none").load() == ()


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    kept = SqnFile(tmp_path / "sqn")
    kept.keep((1, 2, 3))
    kept.keep((4, 2, 3))
    assert kept.load() == (4, 2, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["sqn"]


@pytest.mark.parametrize("content", ["", "{}", "[1, -1]", '["1"]', "[1.5]"])
def test_anything_else_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "sqn").write_text(content)
    with pytest.raises(ValueError, match=r"."):
        SqnFile(tmp_path / "sqn").load()
