"""The lease of a P-CSCF's name in Redis (ADR 20)."""

from typing import Any, Final

from redis.exceptions import WatchError

from twopair.stores.redis import client, key_of, read_owner, tried
from twopair.stores.tenancy import Owner, Renewed, Taken, Term

_MS: Final = 1000


class RedisTenancy:
    """A `Tenancy` in keys beside the hash of `RedisStore`.

    ``…:owner`` stays, it has the epoch; ``…:lease`` and ``…:wanted`` expire, by the clock of Redis alone.

    Args:
        url: ``redis://…`` or ``rediss://…``.
        name: of the node; that of all its hosts.

    Raises:
        StoreError: nothing answers there.
    """

    def __init__(self, url: str, name: str) -> None:
        self._owner, self._lease, self._wanted = (key_of(name, what) for what in ("owner", "lease", "wanted"))
        self._redis: Any = client(url)
        tried(self._redis.ping)

    def owner(self) -> tuple[Owner | None, bool]:
        """See `Tenancy`."""
        owner, lease = tried(lambda: self._redis.mget(self._owner, self._lease))
        return read_owner(owner), lease is not None

    def claim(self, instance: str, lease_s: float) -> Term | None:
        """See `Tenancy`."""

        def all_at_once() -> Term | None:
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.watch(self._owner, self._lease, self._wanted)
                lease = pipe.get(self._lease)
                if lease is not None and lease.decode() != instance:
                    return None
                wanted = pipe.get(self._wanted)
                if wanted is not None and wanted.decode() != instance:
                    return None
                last = read_owner(pipe.get(self._owner))
                continues = last is not None and last.instance == instance
                epoch = (last.epoch if last is not None else 0) + (not continues)
                pipe.multi()
                pipe.set(self._owner, _text(Owner(epoch, instance)))
                pipe.set(self._lease, instance, px=int(lease_s * _MS))
                pipe.delete(self._wanted)
                try:
                    pipe.execute()
                except WatchError:
                    return None
                return Term(Owner(epoch, instance), continues)

        return tried(all_at_once)

    def renew(self, owner: Owner, lease_s: float) -> Renewed:
        """See `Tenancy`."""

        def all_at_once() -> Renewed:
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.watch(self._owner)
                last = read_owner(pipe.get(self._owner))
                if last is not None and last != owner and last.epoch >= owner.epoch:
                    raise Taken(last)
                pipe.multi()
                if last != owner:
                    pipe.set(self._owner, _text(owner))
                pipe.set(self._lease, owner.instance, px=int(lease_s * _MS))
                pipe.get(self._wanted)
                wanted = pipe.execute()[-1]
                return Renewed(wanted.decode() if wanted else "", last != owner)

        return tried(all_at_once)

    def ask(self, instance: str, lease_s: float) -> None:
        """See `Tenancy`."""
        tried(lambda: self._redis.set(self._wanted, instance, px=int(lease_s * _MS)))

    def release(self, owner: Owner) -> None:
        """See `Tenancy`."""

        def all_at_once() -> None:
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.watch(self._owner)
                if read_owner(pipe.get(self._owner)) == owner:
                    pipe.multi()
                    pipe.delete(self._lease)
                    pipe.execute()

        tried(all_at_once)

    def close(self) -> None:
        """See `Tenancy`."""
        self._redis.close()


def _text(owner: Owner) -> str:
    return f"{owner.epoch} {owner.instance}"
