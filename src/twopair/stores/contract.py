"""What a store promises, whatever it is made of (product: memory, sqlite, redis)."""

from collections.abc import Iterator, Mapping
from typing import Protocol

Changes = Mapping[str, bytes | None]
"""New values by key; None: the key goes."""


class StoreError(Exception):
    """The store cannot be used; nothing of the call has taken effect.

    Args:
        why: in one line.
        passes: whether that may pass by itself: a lock, a server that is away.
    """

    def __init__(self, why: str, *, passes: bool = False) -> None:
        super().__init__(why)
        self.passes = passes


class Store(Protocol):
    """Values by key. Every call may wait, so none is made where signalling is done."""

    def load(self) -> Iterator[tuple[str, bytes]]:
        """All that is kept, in any order. Raises StoreError."""
        ...

    def write(self, changes: Changes) -> None:
        """Make all changes or none; they outlive this process when it returns. Raises StoreError."""
        ...

    def close(self) -> None:
        """Let go. A second call does nothing."""
        ...
