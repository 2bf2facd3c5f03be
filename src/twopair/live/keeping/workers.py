"""For how many workers a store was made: UEs stay where their addresses led them then (ADR 28)."""

from typing import Final

KEY: Final = "workers/"
"""Of the number in the store of a worker; no token of a registration has a stroke in it."""


class OtherWorkers(Exception):
    """What is kept was kept by another number of workers.

    Args:
        found: that number.
    """

    def __init__(self, found: int) -> None:
        super().__init__(
            f"what store.url has was kept by {found}, whose ports the home network knows; give {found}, "
            "or another store.url, with which all UEs register anew"
        )


def refuse_others(found: bytes | None, workers: int, *, empty: bool) -> None:
    """Raises OtherWorkers.

    Args:
        found: what stands in the store; nothing does where there has been one worker.
        workers: that there are now.
        empty: whether no registration is kept.
    """
    before = int(found) if found is not None else workers if empty else 1
    if before != workers:
        raise OtherWorkers(before)
