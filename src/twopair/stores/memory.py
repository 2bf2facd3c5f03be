"""A store that ends with its process: for tests, and for an operator who wants none."""

from collections.abc import Iterator

from twopair.stores.contract import Changes


class MemoryStore:
    """A dictionary; a `Store`."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def load(self) -> Iterator[tuple[str, bytes]]:
        """See `Store`."""
        return iter(list(self._values.items()))

    def write(self, changes: Changes) -> None:
        """See `Store`."""
        for key, value in changes.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value

    def close(self) -> None:
        """See `Store`."""
