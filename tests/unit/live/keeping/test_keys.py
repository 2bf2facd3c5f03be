"""The key file: made once, for its owner alone, and rotated (KEY-10)."""

from pathlib import Path
from stat import S_IMODE

import pytest

from twopair.live.keeping.keys import KeyFault, add_key, only_first, ring_in


def test_it_is_made_once_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "kept.key"
    sealed = ring_in(file).seal(b"plain", b"about")
    assert S_IMODE(file.stat().st_mode) == 0o600
    assert ring_in(file).open(sealed, b"about") == b"plain"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_one_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "kept.key"
    ring_in(file)
    file.chmod(mode)
    with pytest.raises(KeyFault, match=f"mode {mode:04o}.*chmod 600"):
        ring_in(file)


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "00" * 31, "00" * 32 + "\n00"])
def test_what_is_no_key_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kept.key"
    ring_in(file)
    file.write_text(text)
    with pytest.raises(KeyFault, match="holds no keys"):
        ring_in(file)


def test_rotation(tmp_path: Path) -> None:
    """The old key opens until all is sealed with the new one; then it is gone."""
    file = tmp_path / "kept.key"
    old = ring_in(file).seal(b"plain", b"")
    add_key(file)
    both = ring_in(file)
    assert both.open(old, b"") == b"plain"
    new = both.seal(b"plain", b"")
    only_first(file)
    last = ring_in(file)
    assert last.open(new, b"") == b"plain"
    with pytest.raises(KeyFault, match="another key"):
        last.open(old, b"")
    assert S_IMODE(file.stat().st_mode) == 0o600
