"""The tables of the subscribers, and whether a database is one of ours."""

import sqlite3
from typing import Final

from twopair.nodes.homenet.identities import identity_key

APPLICATION: Final = 0x54775061
"""`PRAGMA application_id` of our files ("TwPa"); those of versions before schema 1 have none."""
SCHEMA: Final = 2
"""`PRAGMA user_version`. 1: without services and subscriptions, an identity has one owner."""

_FOREIGN: Final = "a database of another program; give another path"

_TABLES: Final = (
    """
CREATE TABLE IF NOT EXISTS subscriber (
    impi TEXT PRIMARY KEY,
    k BLOB NOT NULL,
    op BLOB,
    opc BLOB,
    algorithm TEXT NOT NULL,
    mac INTEGER NOT NULL, res INTEGER NOT NULL, ck INTEGER NOT NULL, ik INTEGER NOT NULL,
    iterations INTEGER NOT NULL,
    amf BLOB NOT NULL,
    ind_bits INTEGER NOT NULL, delta INTEGER NOT NULL, age_limit INTEGER,
    sqn INTEGER NOT NULL DEFAULT 0,
    services TEXT NOT NULL DEFAULT '',
    subscription TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID
""",
    """
CREATE TABLE IF NOT EXISTS impu (
    impu TEXT NOT NULL,
    impi TEXT NOT NULL REFERENCES subscriber ON DELETE CASCADE,
    place INTEGER NOT NULL,
    barred INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (impu, impi)
) WITHOUT ROWID
""",
    "CREATE INDEX IF NOT EXISTS impu_of ON impu (impi, place)",
    "CREATE INDEX IF NOT EXISTS impu_key ON impu (key)",
    "CREATE INDEX IF NOT EXISTS impu_wild ON impu (key) WHERE instr(key, '!') > 0",
)
_FROM_1: Final = (
    "ALTER TABLE subscriber ADD COLUMN services TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE subscriber ADD COLUMN subscription TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE impu RENAME TO impu_of_1",
    "DROP INDEX IF EXISTS impu_of",
    "DROP INDEX IF EXISTS impu_key",
)
"""Before the tables of this schema are made in a file of schema 1, or of before."""
_TO_2: Final = (
    "INSERT INTO impu SELECT impu, impi, place, barred, identity_key(impu) FROM impu_of_1",
    "DROP TABLE impu_of_1",
)
"""And after that."""
_COLUMNS: Final = {
    "subscriber": set(
        "impi k op opc algorithm mac res ck ik iterations amf ind_bits delta age_limit sqn".split()
    ),
    "impu": {"impu", "impi", "place", "barred"},
}
"""Of schema 1; those of 2 have `_SINCE` beside them."""
_SINCE: Final = {"subscriber": {"services", "subscription"}, "impu": {"key"}}


def check(db: sqlite3.Connection) -> None:
    """Look whether a database is empty or ours, without changing it.

    Raises:
        ValueError: it is another program's, or of a version that is not known here.
    """
    application, schema = _number(db, "application_id"), _number(db, "user_version")
    tables = _tables(db)
    if application not in (0, APPLICATION) or (application == 0 and schema):
        raise ValueError(_FOREIGN)
    if schema > SCHEMA:
        raise ValueError(
            f"written by a newer version of twopair (schema {schema}, here {SCHEMA}); "
            "run that version, or give another path"
        )
    if not tables and not application:
        return
    if tables.keys() != _COLUMNS.keys():
        raise ValueError(_changed("tables") if application else _FOREIGN)
    if any(tables[name] - _SINCE[name] != columns for name, columns in _COLUMNS.items()):
        raise ValueError(_changed("columns") if application else _FOREIGN)
    if schema == SCHEMA and not all(tables[name] >= since for name, since in _SINCE.items()):
        raise ValueError(_changed("columns") if application else _FOREIGN)


def make(db: sqlite3.Connection) -> None:
    """Bring an empty database, or one of an earlier version, to this schema; where it fails, close `db`.

    It is one transaction, and writes in any case, so that a file that cannot be written is found here.
    """
    db.create_function("identity_key", 1, identity_key, deterministic=True)
    db.execute("BEGIN IMMEDIATE")
    tables = _tables(db)
    old = "subscriber" in tables and "services" not in tables["subscriber"]
    for statement in (*(_FROM_1 if old else ()), *_TABLES, *(_TO_2 if old else ())):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {SCHEMA}")
    db.execute("COMMIT")


def _changed(what: str) -> str:
    return f"its {what} are not those of schema {SCHEMA}: something else has changed it; give another path"


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])


def _tables(db: sqlite3.Connection) -> dict[str, set[str]]:
    """The columns of each table, without those that SQLite itself keeps."""
    asked = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    names = [name for (name,) in db.execute(asked) if not name.startswith("sqlite_")]
    return {
        name: {column for (column,) in db.execute("SELECT name FROM pragma_table_info(?)", (name,))}
        for name in names
    }
