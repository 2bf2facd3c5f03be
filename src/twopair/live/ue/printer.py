"""Lines on stdout, for people or as JSON; one line for one thing."""

import json
from asyncio import create_task
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from twopair.live.ue.told import told
from twopair.live.ue.ue import Ue


class Printer:
    """Prints what there is to tell.

    Args:
        as_json: print the values, one object a line, instead of the words.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def __call__(self, values: dict[str, Any], words: str) -> None:
        """Tell one thing. JSON is in ASCII: no reader sees the end of a line in it, whatever a peer wrote."""
        print(json.dumps(values) if self._as_json else one_line(words), flush=True)


def one_line(text: str) -> str:
    """The text with a space for what is not seen: what a peer wrote begins no line, and moves no cursor."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


@asynccontextmanager
async def events_told(ue: Ue, tell: Printer, mark: str = "") -> AsyncIterator[Callable[[], None]]:
    """Tell what happens to a UE as it happens, with a mark before the words.

    Yields what tells at once all that has happened so far; that is done at the end, too.
    """

    def tell_so_far() -> None:
        while not ue.events.empty():
            values, words = told(ue.events.get_nowait())
            tell(values, mark + words)

    async def keep_telling() -> None:
        while True:
            values, words = told(await ue.events.get())
            tell(values, mark + words)

    telling = create_task(keep_telling())
    try:
        yield tell_so_far
    finally:
        telling.cancel()
        tell_so_far()
