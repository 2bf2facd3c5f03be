"""Where the counters of SAs are written down as they move, to outlive the process (SA-07, KEY-08)."""

from typing import Final, Protocol

CELLS: Final = 4

NEVER_USED: Final = (0,) * CELLS
"""The numbers of a new set."""

Numbers = tuple[int, int, int, int]
"""Last sent on both outbound SAs, highest accepted on both inbound ones."""


class Cells(Protocol):
    """Four numbers of one set: last sent on its outbound SAs, highest accepted on its inbound ones."""

    def __getitem__(self, cell: int, /) -> int: ...

    def __setitem__(self, cell: int, number: int, /) -> None: ...


class Ledger(Protocol):
    """Gives each set its cells. A number is there before the packet that used it leaves."""

    def begin(self, set_id: int, numbers: Numbers = NEVER_USED) -> Cells:
        """Cells for a set that is installed here, with these numbers in them from the first moment on."""
        ...

    def knows(self, set_id: int) -> bool:
        """Whether it has cells of that set."""
        ...

    def resume(self, set_id: int) -> Cells | None:
        """The cells of a set that a predecessor had, None if it had none."""
        ...

    def end(self, set_id: int) -> None:
        """The set is gone."""
        ...


class Nowhere:
    """The ledger of who needs none."""

    def begin(self, set_id: int, numbers: Numbers = NEVER_USED) -> Cells:
        """See `Ledger`."""
        return list(numbers)

    def knows(self, set_id: int) -> bool:
        """See `Ledger`."""
        return False

    def resume(self, set_id: int) -> Cells | None:
        """See `Ledger`."""
        return None

    def end(self, set_id: int) -> None:
        """See `Ledger`."""
