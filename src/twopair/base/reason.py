"""What every list of reasons has: where the rule stands, and words for people."""

from enum import Enum


class Reason(Enum):
    """A list of reasons without members; those of its heirs end with (…, clause, words)."""

    __hash__ = object.__hash__

    @property
    def clause(self) -> str:
        """Where the rule stands."""
        return str(self.value[-2])

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return str(self.value[-1])
