"""Where the counters of SAs are written down as they move, to outlive the process (SA-07, KEY-08)."""

from typing import Final, NamedTuple, Protocol

CELLS: Final = 4

NEVER_USED: Final = (0,) * CELLS
"""The numbers of a new set."""

Numbers = tuple[int, int, int, int]
"""Last sent on both outbound SAs, highest accepted on both inbound ones."""


class Words(Protocol):
    """Numbers by their place; those of many sets may stand in one."""

    def __getitem__(self, place: int, /) -> int: ...

    def __setitem__(self, place: int, number: int, /) -> None: ...


class Cells(NamedTuple):
    """Where the four numbers of one set stand.

    Args:
        words: among others.
        first: place of the first, of those last sent on its outbound SAs; behind them are the highest
            accepted on its inbound ones.
    """

    words: Words
    first: int

    @property
    def numbers(self) -> Numbers:
        """What stands there now."""
        words, first = self
        return words[first], words[first + 1], words[first + 2], words[first + 3]


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


SCRATCH: Final = Cells([0] * CELLS, 0)
"""Where numbers are written that nobody reads."""


class Nowhere:
    """The ledger of who needs none."""

    def begin(self, set_id: int, numbers: Numbers = NEVER_USED) -> Cells:
        """See `Ledger`."""
        return SCRATCH

    def knows(self, set_id: int) -> bool:
        """See `Ledger`."""
        return False

    def resume(self, set_id: int) -> Cells | None:
        """See `Ledger`."""
        return None

    def end(self, set_id: int) -> None:
        """See `Ledger`."""
