"""The HSS's subscribers in SQLite.

For tests and small labs: K and OP or OPc stand in the file as they are, so it is as secret as they are
(SECURITY.md).
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from twopair.base import Impi, Impu, Secret
from twopair.core.aka import AkaKeys, SqnProfile, Subscriber
from twopair.core.service.subscription import covers, is_wildcarded
from twopair.crypto import TuakSizes
from twopair.live.subscribers.faults import in_words
from twopair.live.subscribers.schema import check, make
from twopair.live.subscribers.trouble import PATIENT_MS, Trouble
from twopair.nodes.homenet import StoreFailed
from twopair.nodes.homenet.identities import identity_key

_PUT: Final = """
INSERT INTO subscriber
    (impi, k, op, opc, algorithm, mac, res, ck, ik, iterations, amf, ind_bits, delta, age_limit,
     services, subscription)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (impi) DO UPDATE SET
    k = excluded.k, op = excluded.op, opc = excluded.opc, algorithm = excluded.algorithm,
    mac = excluded.mac, res = excluded.res, ck = excluded.ck, ik = excluded.ik,
    iterations = excluded.iterations, amf = excluded.amf,
    ind_bits = excluded.ind_bits, delta = excluded.delta, age_limit = excluded.age_limit,
    services = excluded.services, subscription = excluded.subscription
"""
_GET: Final = """
SELECT k, op, opc, algorithm, mac, res, ck, ik, iterations, amf, ind_bits, delta, age_limit,
    services, subscription
FROM subscriber WHERE impi = ?
"""
_OWNERS: Final = "SELECT DISTINCT impi FROM impu WHERE key = ? ORDER BY impi"
_WILD: Final = "SELECT key, impi FROM impu WHERE instr(key, '!') > 0 ORDER BY key, impi"
_OTHERS: Final = """
SELECT 1 FROM impu JOIN subscriber USING (impi)
WHERE key = ? AND impi != ? AND (subscription = '' OR subscription != ?)
"""


class SqliteStore:
    """A `SubscriberStore` in one SQLite file (WAL).

    A sequence number is written before its vector leaves, and outlives the process being killed. After a
    power failure the last ones may be missing; the cards then resynchronise.

    What fails once it is open is StoreFailed, and one line in the log: for a while, or until a restart. It is
    tried again with every request.

    Args:
        path: the file; it may be empty. Locks are not waited for.

    Raises:
        ValueError: a database that is not ours.
        sqlite3.Error: it cannot be opened, or not be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = sqlite3.connect(f"file:{quote(os.fsencode(path))}?mode=rw", timeout=0, uri=True)
        self._db.isolation_level = None
        try:
            check(self._db)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            make(self._db)
            self._stat = path.stat()
        except BaseException:
            self._db.close()
            raise
        self._trouble = Trouble(path, self._wait_ms)
        self._wait_ms(PATIENT_MS)

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
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # SQLite ends some of them by itself
                self._db.execute("ROLLBACK")
            raise

    def get(self, impi: Impi) -> Subscriber | None:
        """The subscriber with this private identity."""
        asked = "SELECT impu, barred FROM impu WHERE impi = ? ORDER BY place"
        with self._reading():
            row = self._db.execute(_GET, (_text(impi),)).fetchone()
            rows = self._db.execute(asked, (_text(impi),)).fetchall()
        if row is None:
            return None
        with _as_kept(impi):
            return _subscriber(impi, row, rows)

    def owners(self, impu: Impu) -> tuple[Impi, ...]:
        """Whose public identity this is, however it is written."""
        key = _text(identity_key(impu))
        with self._reading():
            rows = self._db.execute(_OWNERS, (key,)).fetchall()
            if not rows:
                with suppress(ValueError):  # an expression that somebody changed into nonsense
                    wild = self._db.execute(_WILD)
                    rows = [(impi,) for kept, impi in wild if is_wildcarded(kept) and covers(kept, key)]
        return tuple(Impi(impi) for (impi,) in rows)

    def impis(self) -> tuple[Impi, ...]:
        """All private identities, in order."""
        with self._reading():
            rows = self._db.execute("SELECT impi FROM subscriber ORDER BY impi").fetchall()
        return tuple(Impi(impi) for (impi,) in rows)

    def remove(self, impis: Iterable[Impi]) -> None:
        """Take these out, with their identities and sequence numbers, as far as they are there."""
        with self._writing():
            self._db.executemany("DELETE FROM subscriber WHERE impi = ?", [(_text(impi),) for impi in impis])

    def sqn(self, impi: Impi) -> int:
        """SQN_HE of a known subscriber."""
        with self._reading():
            row = self._db.execute("SELECT sqn FROM subscriber WHERE impi = ?", (impi,)).fetchone()
        with _as_kept(impi):
            if type(row[0]) is not int or row[0] not in range(1 << 48):
                raise ValueError("a sequence number has 48 bits")
            return row[0]

    def save_sqn(self, impi: Impi, sqn: int) -> None:
        """Keep SQN_HE; on disk, as far as the process goes, when this returns."""
        with self._writing():
            saved = self._db.execute("UPDATE subscriber SET sqn = ? WHERE impi = ?", (sqn, impi)).rowcount
        if not saved:  # someone took the subscriber out just now
            raise StoreFailed(f"{impi} is gone")

    def _wait_ms(self, number: int) -> None:
        self._db.execute(f"PRAGMA busy_timeout = {number}")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._trouble.failed(in_words(error), wrote=False) from None
        self._trouble.worked(wrote=False)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Into a file that was removed SQLite goes on writing, and all of it would be lost."""
        try:
            if not os.path.samestat(self._path.stat(), self._stat):
                raise self._trouble.failed("another file is in its place; start again", wrote=True)
            yield
        except FileNotFoundError:
            raise self._trouble.failed("moved or removed; put it back", wrote=True) from None
        except (sqlite3.Error, OSError) as error:
            raise self._trouble.failed(in_words(error), wrote=True) from None
        self._trouble.worked(wrote=True)

    def _put(self, subscriber: Subscriber) -> None:
        keys, sizes, profile = subscriber.keys, subscriber.keys.sizes, subscriber.sqn_profile
        secrets = (None if secret is None else secret.reveal() for secret in (keys.k, keys.op, keys.opc))
        lengths = (sizes.mac, sizes.res, sizes.ck, sizes.ik, sizes.iterations)
        rules = (profile.ind_bits, profile.delta, profile.age_limit)
        impi = subscriber.impi
        served = (" ".join(subscriber.services), subscriber.subscription)
        self._db.execute(_PUT, (impi, *secrets, keys.algorithm, *lengths, subscriber.amf, *rules, *served))
        self._db.execute("DELETE FROM impu WHERE impi = ?", (impi,))
        for place, impu in enumerate(dict.fromkeys(subscriber.impus)):
            if self._db.execute(_OTHERS, (identity_key(impu), impi, subscriber.subscription)).fetchone():
                raise ValueError(f"{impu} belongs to two subscribers")
            row = (impu, impi, place, impu in subscriber.barred, identity_key(impu))
            self._db.execute("INSERT INTO impu (impu, impi, place, barred, key) VALUES (?, ?, ?, ?, ?)", row)


def _subscriber(impi: Impi, row: tuple[Any, ...], rows: list[tuple[str, int]]) -> Subscriber:
    k, op, opc, algorithm, mac, res, ck, ik, iterations, amf, ind_bits, delta, age_limit, *served = row
    services, subscription = served
    if not all(isinstance(octets, bytes) for octets in (k, op or b"", opc or b"", amf)):
        raise TypeError("octets are kept as such")  # a number would be taken for a length
    keys = AkaKeys(
        Secret(k),
        op=None if op is None else Secret(op),
        opc=None if opc is None else Secret(opc),
        algorithm=algorithm,
        sizes=TuakSizes(mac, res, ck, ik, iterations),
    )
    return Subscriber(
        impi,
        tuple(Impu(impu) for impu, _ in rows),
        keys,
        frozenset(Impu(impu) for impu, barred in rows if barred),
        amf,
        SqnProfile(ind_bits, delta, age_limit),
        tuple(services.split()),
        subscription,
    )


@contextmanager
def _as_kept(impi: Impi) -> Iterator[None]:
    """A row that somebody took out or changed into nonsense fails for its subscriber alone."""
    try:
        yield
    except (TypeError, ValueError):
        raise StoreFailed(f"what is kept of {impi} cannot be used") from None


def _text(identity: str) -> str:
    """An identity as a peer wrote it, fit for SQLite: octets that are no UTF-8 match nobody."""
    return identity.encode("utf-8", "replace").decode()
