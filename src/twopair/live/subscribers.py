"""The HSS's subscribers in SQLite, or in memory, as `hss.url` says.

For tests and small labs: K and OP or OPc stand in the file as they are, so it is as secret as they are
(SECURITY.md).
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Literal, cast

from twopair.base import Impi, Impu, Secret
from twopair.core.aka import AkaKeys, SqnProfile, Subscriber
from twopair.crypto import TuakSizes
from twopair.live.config import ConfigError
from twopair.nodes.homenet import MemoryStore, SubscriberStore
from twopair.nodes.homenet.identities import identity_key

SCHEME: Final = "sqlite:///"

_TABLES: Final = """
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
    sqn INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS impu (
    impu TEXT PRIMARY KEY,
    impi TEXT NOT NULL REFERENCES subscriber ON DELETE CASCADE,
    place INTEGER NOT NULL,
    barred INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS impu_of ON impu (impi, place);
"""
_KEYS: Final = """
BEGIN IMMEDIATE;
ALTER TABLE impu ADD COLUMN key TEXT NOT NULL DEFAULT '';
UPDATE impu SET key = identity_key(impu);
COMMIT;
"""
"""What an identity is looked up by; files of earlier versions get it when they are opened."""
_PUT: Final = """
INSERT INTO subscriber
    (impi, k, op, opc, algorithm, mac, res, ck, ik, iterations, amf, ind_bits, delta, age_limit)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (impi) DO UPDATE SET
    k = excluded.k, op = excluded.op, opc = excluded.opc, algorithm = excluded.algorithm,
    mac = excluded.mac, res = excluded.res, ck = excluded.ck, ik = excluded.ik,
    iterations = excluded.iterations, amf = excluded.amf,
    ind_bits = excluded.ind_bits, delta = excluded.delta, age_limit = excluded.age_limit
"""
_GET: Final = """
SELECT k, op, opc, algorithm, mac, res, ck, ik, iterations, amf, ind_bits, delta, age_limit
FROM subscriber WHERE impi = ?
"""


class SqliteStore:
    """A `SubscriberStore` in one SQLite file (WAL), which is made if it is not there.

    A sequence number is written before its vector leaves, and outlives the process being killed. After a
    power failure the last ones may be missing; the cards then resynchronise.

    Args:
        path: the file; a new one may be read by its owner only.

    Raises:
        sqlite3.Error: the file cannot be opened, or is something else.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.create_function("identity_key", 1, identity_key, deterministic=True)
        self._db.executescript(_TABLES)
        if "key" not in [row[1] for row in self._db.execute("PRAGMA table_info(impu)")]:
            self._db.executescript(_KEYS)
        self._db.execute("CREATE INDEX IF NOT EXISTS impu_key ON impu (key)")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def provision(self, subscribers: Iterable[Subscriber]) -> None:
        """Add these, or replace what is known of them; their sequence numbers stay. All or none.

        Raises:
            ValueError: an identity belongs to another subscriber.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for subscriber in subscribers:
                self._put(subscriber)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def get(self, impi: Impi) -> Subscriber | None:
        """The subscriber with this private identity."""
        row = self._db.execute(_GET, (_text(impi),)).fetchone()
        if row is None:
            return None
        k, op, opc, algorithm, mac, res, ck, ik, iterations, amf, ind_bits, delta, age_limit = row
        keys = AkaKeys(
            Secret(k),
            op=None if op is None else Secret(op),
            opc=None if opc is None else Secret(opc),
            algorithm=cast("Literal['milenage', 'tuak']", algorithm),
            sizes=TuakSizes(mac, res, ck, ik, iterations),
        )
        asked = "SELECT impu, barred FROM impu WHERE impi = ? ORDER BY place"
        impus = [(Impu(impu), barred) for impu, barred in self._db.execute(asked, (impi,))]
        return Subscriber(
            impi,
            tuple(impu for impu, _ in impus),
            keys,
            frozenset(impu for impu, barred in impus if barred),
            amf,
            SqnProfile(ind_bits, delta, age_limit),
        )

    def owner(self, impu: Impu) -> Impi | None:
        """Whose public identity this is, however it is written."""
        asked = "SELECT impi FROM impu WHERE key = ?"
        row = self._db.execute(asked, (_text(identity_key(impu)),)).fetchone()
        return None if row is None else Impi(row[0])

    def sqn(self, impi: Impi) -> int:
        """SQN_HE of a known subscriber."""
        row = self._db.execute("SELECT sqn FROM subscriber WHERE impi = ?", (impi,)).fetchone()
        return int(row[0])

    def save_sqn(self, impi: Impi, sqn: int) -> None:
        """Keep SQN_HE; on disk, as far as the process goes, when this returns."""
        self._db.execute("UPDATE subscriber SET sqn = ? WHERE impi = ?", (sqn, impi))

    def _put(self, subscriber: Subscriber) -> None:
        keys, sizes, profile = subscriber.keys, subscriber.keys.sizes, subscriber.sqn_profile
        secrets = (None if secret is None else secret.reveal() for secret in (keys.k, keys.op, keys.opc))
        lengths = (sizes.mac, sizes.res, sizes.ck, sizes.ik, sizes.iterations)
        rules = (profile.ind_bits, profile.delta, profile.age_limit)
        impi = subscriber.impi
        self._db.execute(_PUT, (impi, *secrets, keys.algorithm, *lengths, subscriber.amf, *rules))
        self._db.execute("DELETE FROM impu WHERE impi = ?", (impi,))
        for place, impu in enumerate(dict.fromkeys(subscriber.impus)):
            if self.owner(impu) not in (None, impi):
                raise ValueError(f"{impu} belongs to two subscribers")
            row = (impu, impi, place, impu in subscriber.barred, identity_key(impu))
            self._db.execute("INSERT INTO impu (impu, impi, place, barred, key) VALUES (?, ?, ?, ?, ?)", row)


def _text(identity: str) -> str:
    """An identity as a peer wrote it, fit for SQLite: octets that are no UTF-8 match nobody."""
    return identity.encode("utf-8", "replace").decode()


@contextmanager
def open_subscribers(url: str, subscribers: Iterable[Subscriber]) -> Iterator[SubscriberStore]:
    """The store that `hss.url` names, with the subscribers of the file in it.

    Args:
        url: ``memory:`` or ``sqlite:///PATH``.
        subscribers: added to the store, or replaced in it; their sequence numbers stay.

    Raises:
        ConfigError: the file cannot be used, or an identity belongs to two subscribers.
    """
    if not url.startswith(SCHEME):
        with _told_as_config(url):
            memory = MemoryStore(subscribers)
        yield memory
        return
    with _told_as_config(url):
        store = SqliteStore(Path(url.removeprefix(SCHEME)))
    with closing(store):
        with _told_as_config(url):
            store.provision(subscribers)
        yield store


@contextmanager
def _told_as_config(url: str) -> Iterator[None]:
    """Faults of the file or of its entries, as one line for the person who wrote them."""
    try:
        yield
    except ValueError as error:
        raise ConfigError([f"subscriber: {error}"]) from None
    except (OSError, sqlite3.Error) as error:
        raise ConfigError([f"hss.url: {url}: {error}"]) from None
