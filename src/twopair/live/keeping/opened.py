"""The store that `store.url` names, tried at start (ADR 17, ADR 18)."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from twopair.live.config import ConfigError, PcscfFile
from twopair.live.holder import Held, held
from twopair.live.keeping.kept import Kept
from twopair.live.keeping.keys import KeyFault
from twopair.live.keeping.workers import OtherWorkers
from twopair.live.patience import Patience
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.tried import beside, tried
from twopair.stores.contract import Store, StoreError
from twopair.stores.sqlite import SqliteStore
from twopair.stores.tenancy import Term

T = TypeVar("T")

SQLITE: Final = "sqlite:///"
MEMORY: Final = "memory:"


class Places(NamedTuple):
    """Where what belongs to a store lies on this machine.

    Args:
        key_file: keys under which SA keys are sealed.
        journal: folder of changes that the store may not have.
        counters: of SAs that the user-space engine carries.
    """

    key_file: Path
    journal: Path
    counters: Path


def places(file: Path, settings: PcscfFile) -> Places:
    """They lie beside the database, or beside the key file where the store is elsewhere."""
    url, key = settings.store.url, settings.store.key_file
    if url.startswith(SQLITE):
        base = os.path.realpath(beside(file, url.removeprefix(SQLITE)))
    else:
        base = os.path.realpath(beside(file, key or "")).removesuffix(".key")
    key_file = beside(file, key) if key else Path(f"{base}.key")
    own = settings.part.beside(base, ".")
    return Places(key_file, Path(f"{own}.journal"), Path(f"{own}.counters"))


@contextmanager
def open_kept(file: Path, settings: PcscfFile, term: Term | None = None) -> Iterator[Kept | None]:
    """What a predecessor kept, and the keeper of what comes; None if nothing is to outlive the process.

    Args:
        file: the configuration.
        settings: what is in it.
        term: of this host as the owner; None where there is one host only.

    Raises:
        ConfigError: another value mends it.
        PrerequisiteMissing: the machine lacks a right or room, the store is locked or away, or another P-CSCF
            has it.
    """
    url = settings.store.url
    if url == MEMORY:
        yield None
        return
    where = places(file, settings)
    with ExitStack() as stack:
        with tried(file, "store.url", url):
            try:
                stack.enter_context(held(where.journal))
            except Held as other:
                raise PrerequisiteMissing(
                    f"{said(file, url)}: is in use by another P-CSCF, process {other or 'unknown'}; end it, "
                    "or give another path"
                ) from None
            store = patient(said(file, url), lambda: _open(file, settings, term))
        stack.callback(store.close)
        yield stack.enter_context(_kept(file, settings, store, where, term))


@contextmanager
def _kept(file: Path, settings: PcscfFile, store: Store, where: Places, term: Term | None) -> Iterator[Kept]:
    with tried(file, "store.url", settings.store.url):
        try:
            kept = patient(
                said(file, settings.store.url),
                lambda: Kept(store, where.journal, where.key_file, term, settings.part.of),
            )
        except OtherWorkers as others:
            raise ConfigError([f"{file}: node.workers = {settings.part.of}: {others}"]) from None
        except KeyFault as fault:
            raise PrerequisiteMissing(f"{file}: store.key_file = {where.key_file}: {fault}") from None
    try:
        yield kept
    finally:
        kept.close()


def _open(file: Path, settings: PcscfFile, term: Term | None) -> Store:
    url = settings.store.url
    if url.startswith(SQLITE):
        path = Path(settings.part.beside(os.path.realpath(beside(file, url.removeprefix(SQLITE))), "."))
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # the words of the system, not of SQLite
        return SqliteStore(path)
    try:
        from twopair.stores.redis import RedisStore  # noqa: PLC0415  an extra
    except ImportError:
        raise PrerequisiteMissing(
            f"{said(file, url)}: needs the package redis; pip install 'twopair[redis]'"
        ) from None
    name = settings.part.beside(settings.node.name, "/")
    return RedisStore(url, name, None if term is None else term.owner)


def patient(words: str, attempt: Callable[[], T]) -> T:
    """What `attempt` gives; a lock, or a server that is away, is waited for."""
    try:
        return Patience().until_free(words, attempt, _passing)
    except StoreError as error:
        raise ConfigError([f"{words}: {error}"]) from None


def _passing(error: Exception) -> str | None:
    return str(error) if isinstance(error, StoreError) and error.passes else None


def said(file: Path, url: str) -> str:
    """How lines about the store begin."""
    return f"{file}: store.url = {json.dumps(url, ensure_ascii=False)}"
