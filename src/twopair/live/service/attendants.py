"""Those who attend to a P-CSCF while it serves; the node knows of none of them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from twopair.live.admin import answering
from twopair.live.service.running import Running
from twopair.live.tried import beside

Attendant = Callable[[Running], AbstractAsyncContextManager[None]]
"""Entered before the ready line, left at the end."""


def _admin(running: Running) -> AbstractAsyncContextManager[None]:
    named = running.settings.admin.socket
    place = None if named is None else beside(running.file, named)
    return answering(place, running.node, running.driver)


ATTENDANTS: Final[tuple[Attendant, ...]] = (_admin,)
"""In the order in which they begin."""
