"""What every policy control offers to the driver of a P-CSCF."""

from collections.abc import Callable
from typing import Any, Protocol

from twopair.nodes.policy import PolicyEvent

Told = Callable[[PolicyEvent], None]
"""Who is told of verdicts and of bearers that are gone."""


class PolicyControl(Protocol):
    """Rx or N5. What is asked about one session reaches the other side in the order in which it was asked."""

    @property
    def performs(self) -> dict[type, Callable[[Any], None]]:
        """`AskPolicy` and `EndPolicy`, for `Driver.outside`; neither waits."""
        ...

    async def open(self) -> None:
        """Begin; a peer that is not there yet is no error, what is asked meanwhile is unreachable.

        Raises:
            OSError: a port that it listens on cannot be had.
        """
        ...

    async def close(self) -> None:
        """End; sessions that are still open are ended on the other side, within seconds."""
        ...
