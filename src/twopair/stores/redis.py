"""A store in Redis, which several nodes can reach: one hash for each node (ADR 18)."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from twopair.stores.contract import Changes, StoreError
from twopair.stores.tenancy import Owner, Taken

T = TypeVar("T")

WAITS_S = 1.0
"""How long an answer is waited for; the writer comes again."""


class RedisStore:
    """A `Store` in the hash ``twopair:{NAME}``.

    Args:
        url: ``redis://…`` or ``rediss://…``.
        name: of the node.
        mine: whoever writes is that owner still, or nothing is written; None where there is one host only.

    Raises:
        StoreError: nothing answers there.
    """

    def __init__(self, url: str, name: str, mine: Owner | None = None) -> None:
        self._hash, self._owner, self._mine = key_of(name), key_of(name, "owner"), mine
        self._redis: Any = client(url)
        tried(self._redis.ping)

    def load(self) -> Iterator[tuple[str, bytes]]:
        """See `Store`. In portions, so that Redis serves others between them."""
        cursor = 0
        while True:
            cursor, found = tried(lambda at=cursor: self._redis.hscan(self._hash, at, count=1_000))  # type: ignore[misc]
            for key, value in found.items():
                yield key.decode(), value
            if not cursor:
                return

    def write(self, changes: Changes) -> None:
        """See `Store`."""
        new = {key: value for key, value in changes.items() if value is not None}
        gone = [key for key, value in changes.items() if value is None]

        def all_at_once() -> None:
            with self._redis.pipeline(transaction=True) as pipe:
                if self._mine is not None:
                    pipe.watch(self._owner)
                    _refuse_others(read_owner(pipe.get(self._owner)), self._mine)
                    pipe.multi()
                if new:
                    pipe.hset(self._hash, mapping=new)
                if gone:
                    pipe.hdel(self._hash, *gone)
                pipe.execute()

        tried(all_at_once)

    def close(self) -> None:
        """See `Store`."""
        self._redis.close()


def client(url: str) -> Any:
    """A connection that tries once: whoever uses it knows when to come again, and for how long it may."""
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=WAITS_S, socket_connect_timeout=WAITS_S, retry=once)


def key_of(name: str, what: str = "") -> str:
    """A key of a node; in a cluster of Redis all of them are in one slot, since only the name is hashed.

    Args:
        name: of the node.
        what: ``owner``, ``lease``, ``wanted``; empty for its values.
    """
    tagged = f"twopair:{{{name}}}"
    return f"{tagged}:{what}" if what else tagged


def read_owner(text: bytes | None) -> Owner | None:
    """An owner as it stands there."""
    if text is None:
        return None
    epoch, _, instance = text.decode().partition(" ")
    return Owner(int(epoch), instance)


def _refuse_others(owner: Owner | None, mine: Owner) -> None:
    """Raises Taken; or StoreError where the store has forgotten its owner, who will tell it."""
    if owner is not None and owner != mine and owner.epoch >= mine.epoch:
        raise Taken(owner)
    if owner != mine:
        raise StoreError("has forgotten who its owner is", passes=True)


def tried(call: Callable[[], T]) -> T:
    """What a call gives. Raises StoreError: Redis does not answer, or says no."""
    try:
        return call()
    except RedisError as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreError(f"does not answer ({first})", passes=True) from None
