"""`hss.url` is tried at start, write included, and faults are one line (ADR 17)."""

import errno
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.live.subscribers.bed import (
    MISUSE,
    NEEDS_ROOT,
    USER,
    as_nobody,
    database,
    fill,
    in_child,
    made,
    make_read_only,
    on_disk,
    opened,
    to_schema_1,
)

from twopair.live.subscribers import faults, schema
from twopair.live.subscribers.schema import SCHEMA

URL = "sqlite:///hss.db"
FOREIGN = "a database of another program; give another path"


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def ours(path: Path) -> None:
    made(path).close()


def changed(script: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        ours(path)
        database(path, script)

    return change


def foreign(script: str) -> Callable[[Path], None]:
    return lambda path: database(path, script)


def text(path: Path) -> None:
    path.write_text("no database " * 100)


def damaged(path: Path) -> None:
    ours(path)
    content = bytearray(path.read_bytes())
    content[100:] = b"\xaa" * (len(content) - 100)
    path.write_bytes(content)


WRONG: dict[str, tuple[Callable[[Path], None], str]] = {
    "a folder": (Path.mkdir, "is a folder; give the path of a file"),
    "a pipe": (os.mkfifo, "a device or a pipe; give the path of a file"),
    "text": (
        text,
        "not a database; give another path",
    ),
    "damaged": (damaged, "a damaged database; put a good copy in its place, or give another path"),
    "links in a circle": (
        lambda path: path.symlink_to(path.name),
        "symbolic links that go in a circle; give another path",
    ),
    "tables of another": (foreign("CREATE TABLE person (name);"), FOREIGN),
    "a view of another": (foreign("CREATE VIEW one AS SELECT 1;"), FOREIGN),
    "more tables": (
        changed("PRAGMA application_id = 0; PRAGMA user_version = 0; CREATE TABLE x (y);"),
        FOREIGN,
    ),
    "a subscriber of another": (foreign("CREATE TABLE subscriber (name); CREATE TABLE impu (x);"), FOREIGN),
    "an application": (foreign("PRAGMA application_id = 252006673;"), FOREIGN),
    "a version of another": (foreign("PRAGMA user_version = 3;"), FOREIGN),
    "newer": (
        changed(f"PRAGMA user_version = {SCHEMA + 1};"),
        "written by a newer version of twopair (schema 3, here 2); run that version, or give another path",
    ),
    "a column less": (
        changed("ALTER TABLE subscriber DROP COLUMN amf;"),
        "its columns are not those of schema 2: something else has changed it; give another path",
    ),
    "a table less": (
        changed("DROP TABLE impu;"),
        "its tables are not those of schema 2: something else has changed it; give another path",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_another_file_would_do(tmp_path: Path, kind: str) -> None:
    """Exit code 2; the file stays as it is, and nothing is left beside it."""
    make, words = WRONG[kind]
    make(tmp_path / "hss.db")
    before = files(tmp_path) if kind != "a pipe" else {}
    with pytest.raises(MISUSE) as error:
        opened(tmp_path)
    assert error.value.lines == [f'{tmp_path / "home.toml"}: hss.url = "{URL}": {words}']
    if before:
        assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///no/hss.db", "its folder is not there; make it, or give another path"),
        ("sqlite:///home.toml/hss.db", "a folder in its path is a file; give another path"),
        (f"sqlite:///{'x' * 300}", "too long a path; give a shorter one"),
    ],
)
def test_paths_where_nothing_can_be(tmp_path: Path, url: str, words: str) -> None:
    (tmp_path / "home.toml").touch()
    with pytest.raises(MISUSE) as error:
        opened(tmp_path, url)
    assert error.value.lines == [f'{tmp_path / "home.toml"}: hss.url = "{url}": {words}']
    assert [file.name for file in tmp_path.iterdir()] == ["home.toml"]


def test_a_path_is_relative_to_the_configuration_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, elsewhere = tmp_path / "etc", tmp_path / "cwd"
    folder.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    opened(folder)
    opened(Path("../etc"), f"sqlite:///{tmp_path / 'absolute.db'}")
    assert {file.name for file in folder.iterdir()} == {"hss.db"}
    assert {file.name for file in tmp_path.iterdir()} == {"etc", "cwd", "absolute.db"}
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("name", ["a b?c#d%41.db", "ärger.db"])
def test_any_name_is_a_name(tmp_path: Path, name: str) -> None:
    """What has a meaning in a URI has none here."""
    opened(tmp_path, f"sqlite:///{name}")
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_symbolic_link_leads_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "hss.db").symlink_to("data/real.db")
    opened(tmp_path)
    assert (tmp_path / "data/real.db").stat().st_size > 0
    assert (tmp_path / "hss.db").is_symlink()


def test_an_empty_file_and_one_of_before_schema_1_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "hss.db"
    path.touch()
    opened(tmp_path)
    to_schema_1(path)
    database(path, "DROP INDEX impu_key; ALTER TABLE impu DROP COLUMN key;")
    database(path, "UPDATE subscriber SET sqn = 7; PRAGMA application_id = 0; PRAGMA user_version = 0;")
    opened(tmp_path)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION,)
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert db.execute("SELECT sqn FROM subscriber").fetchone() == (7,)
        assert db.execute("SELECT count(*) FROM impu WHERE key != ''").fetchone() == (len(USER.impus),)
    db.close()


# what the machine lacks


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may go through; those above `tmp_path` are their owner's only."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


RIGHTS = "may not be read and written; allow this user to, in its folder too"


@NEEDS_ROOT
@pytest.mark.parametrize(
    ("of_folder", "of_file"), [(0o755, None), (0o777, 0o600), (0o777, 0o644), (0o755, 0o666)]
)
def test_rights_that_are_missing(public: Path, of_folder: int, of_file: int | None) -> None:
    """Exit code 3: no new file, a file of somebody else, one to read only, nothing beside it."""
    if of_file is not None:
        ours(public / "hss.db")
        (public / "hss.db").chmod(of_file)
    public.chmod(of_folder)
    before = files(public)
    said = in_child(as_nobody, lambda: opened(public))
    assert said == f'PrerequisiteMissing: {public}/home.toml: hss.url = "{URL}": {RIGHTS}'
    assert files(public) == before


@NEEDS_ROOT
def test_the_same_rights_are_enough_when_they_are_there(public: Path) -> None:
    """The other side of the test above."""
    public.chmod(0o777)
    assert in_child(as_nobody, lambda: opened(public)) == ""


@NEEDS_ROOT
@pytest.mark.parametrize("there", [False, True])
def test_a_disk_that_is_read_only(tmp_path: Path, *, there: bool) -> None:
    def prepare() -> None:
        on_disk(tmp_path, "1m")
        if there:
            ours(tmp_path / "hss.db")
        make_read_only(tmp_path)

    assert in_child(prepare, lambda: opened(tmp_path)) == (
        f'PrerequisiteMissing: {tmp_path}/home.toml: hss.url = "{URL}": lies on a file system '
        "that is read-only; make it writable, or give another path"
    )


@NEEDS_ROOT
@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("left", [0, 1, 2, 3, 6, 9, 12])
def test_a_disk_that_is_full(tmp_path: Path, left: int, *, there: bool) -> None:
    """Whichever has no room: the lock, the database, its log, or the memory beside it."""

    def prepare() -> None:
        on_disk(tmp_path, "256k")
        if there:
            ours(tmp_path / "hss.db")
        fill(tmp_path / "rest", left)

    def attempt() -> None:
        before = {file.name for file in tmp_path.iterdir()}
        try:
            opened(tmp_path)
        finally:
            more = {file.name for file in tmp_path.iterdir()} - before
            assert more <= ({"hss.db-wal", "hss.db-shm"} if there else set())

    assert in_child(prepare, attempt) == (
        f'PrerequisiteMissing: {tmp_path}/home.toml: hss.url = "{URL}": there is no room left on its disk; '
        "make room, or give another path"
    )


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (sqlite3.SQLITE_READONLY, errno.EACCES),
        (sqlite3.SQLITE_CANTOPEN, errno.EACCES),
        (sqlite3.SQLITE_IOERR_FSYNC, errno.EIO),
    ],
)
def test_what_the_system_said_to_sqlite(tmp_path: Path, code: int, number: int) -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    found = faults.at_start(error, tmp_path / "hss.db")
    assert isinstance(found, OSError)
    assert found.errno == number
