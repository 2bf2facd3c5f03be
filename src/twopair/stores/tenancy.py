"""Who serves with what a store has, where several hosts may (MGP-14; ADR 20)."""

from typing import NamedTuple, Protocol

from twopair.stores.contract import StoreError


class Owner(NamedTuple):
    """One term of one host.

    Args:
        epoch: counts the owners that there were; the larger is the later.
        instance: the host; it keeps the epoch when it comes again and nobody was there in between.
    """

    epoch: int
    instance: str


class Taken(StoreError):
    """Another host is the owner.

    Args:
        owner: who.
    """

    def __init__(self, owner: Owner) -> None:
        super().__init__(f"{owner.instance} has taken over, epoch {owner.epoch}")
        self.owner = owner


class Term(NamedTuple):
    """What a host got.

    Args:
        owner: its own name and epoch.
        continues: whether nobody else was the owner since it was last; else what it has of its own is stale.
    """

    owner: Owner
    continues: bool


class Renewed(NamedTuple):
    """What an owner hears.

    Args:
        wanted: the instance that asks for it, empty if none.
        went_back: the store had forgotten this owner, a restored backup: all is to be kept once more.
    """

    wanted: str
    went_back: bool


class Tenancy(Protocol):
    """At most one host has a lease at any time. Every call may wait, and may raise StoreError."""

    def owner(self) -> tuple[Owner | None, bool]:
        """The last owner, and whether its lease runs."""
        ...

    def claim(self, instance: str, lease_s: float) -> Term | None:
        """Become the owner, for that long; None while another has a lease, or has asked for it."""
        ...

    def renew(self, owner: Owner, lease_s: float) -> Renewed:
        """Go on, for that long from now. Raises Taken."""
        ...

    def ask(self, instance: str, lease_s: float) -> None:
        """Have the owner hand over; it hears of it when it renews, for as long as the wish lasts."""
        ...

    def release(self, owner: Owner) -> None:
        """Hand over, or end: others need not wait for the end of the lease."""
        ...

    def close(self) -> None:
        """Let go of the connection. A second call does nothing."""
        ...
