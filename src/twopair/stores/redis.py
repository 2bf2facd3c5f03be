"""A store in Redis, which several nodes can reach: one hash for each node (ADR 18)."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import RedisError

from twopair.stores.contract import Changes, StoreError

T = TypeVar("T")

WAITS_S = 1.0
"""How long an answer is waited for; the writer comes again."""


class RedisStore:
    """A `Store` in the hash ``twopair:NAME``.

    Args:
        url: ``redis://…`` or ``rediss://…``.
        name: of the node.

    Raises:
        StoreError: nothing answers there.
    """

    def __init__(self, url: str, name: str) -> None:
        self._hash = f"twopair:{name}"
        self._redis: Any = Redis.from_url(url, socket_timeout=WAITS_S, socket_connect_timeout=WAITS_S)
        _tried(self._redis.ping)

    def load(self) -> Iterator[tuple[str, bytes]]:
        """See `Store`. In portions, so that Redis serves others between them."""
        cursor = 0
        while True:
            cursor, found = _tried(lambda at=cursor: self._redis.hscan(self._hash, at, count=1_000))  # type: ignore[misc]
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
                if new:
                    pipe.hset(self._hash, mapping=new)
                if gone:
                    pipe.hdel(self._hash, *gone)
                pipe.execute()

        _tried(all_at_once)

    def close(self) -> None:
        """See `Store`."""
        self._redis.close()


def _tried(call: Callable[[], T]) -> T:
    try:
        return call()
    except RedisError as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StoreError(f"does not answer ({first})", passes=True) from None
