"""The file of an admin socket."""

import stat
from contextlib import closing
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket

import pytest

from twopair.live.admin.place import Place, named
from twopair.live.prerequisite import PrerequisiteMissing


def test_it_is_for_its_owner_alone_and_goes_with_its_program(tmp_path: Path) -> None:
    path = tmp_path / "pcscf.sock"
    with closing(Place(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


def test_what_a_dead_program_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pcscf.sock"
    with closing(socket(AF_UNIX, SOCK_STREAM)) as dead:
        dead.bind(str(path))
        dead.listen()
    with closing(Place(path)), closing(socket(AF_UNIX, SOCK_STREAM)) as asking:
        asking.connect(str(path))


def test_a_living_one_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "pcscf.sock"
    with closing(Place(path)), pytest.raises(PrerequisiteMissing) as refused:
        Place(path)
    assert str(refused.value) == (
        f"admin.socket: another program answers at {path}; end it, or give another path"
    )


def test_the_socket_of_a_successor_stays(tmp_path: Path) -> None:
    path = tmp_path / "pcscf.sock"
    first = Place(path)
    path.rename(tmp_path / "away")
    with closing(Place(path)):
        first.close()
        assert path.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file", "is there already, and is no socket; give another path"),
        ("no/where", "No such file or directory"),
        ("x" * 150, "AF_UNIX path too long"),
    ],
)
def test_other_trouble_is_one_line(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(PrerequisiteMissing) as refused:
        Place(tmp_path / name)
    assert str(refused.value).endswith(words)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_long_path_is_taken(tmp_path: Path) -> None:
    """unix(7) has 108 octets for a path; folders of containers and tests are longer."""
    folder = tmp_path / ("long" * 30) / ("er" * 40)
    folder.mkdir(parents=True)
    path = folder / "pcscf.sock"
    with closing(Place(path)), closing(socket(AF_UNIX, SOCK_STREAM)) as asking:
        with named(path) as name:
            asking.connect(name)
        with pytest.raises(PrerequisiteMissing, match="another program answers"):
            Place(path)
    assert not path.exists()
