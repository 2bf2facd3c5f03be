"""De-registration in order: calls are released first, in bounded time (24.229 §5.1.1.6; MGU-12)."""

from twopair.base import Micros
from twopair.core.registration.ue import Purpose
from twopair.nodes.actions import Action
from twopair.nodes.ue.calls import Calls
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.registrar import Registrar
from twopair.nodes.wishes import HangUp


class Departure:
    """A wish to de-register, while calls end.

    Args:
        calls: what is released.
        registrar: what is left then.
    """

    def __init__(self, calls: Calls, registrar: Registrar) -> None:
        self._calls = calls
        self._registrar = registrar
        self._until = FOREVER

    def begin(self, now: Micros, out: list[Action]) -> None:
        """BYE, CANCEL or 603, then REGISTER: when that is answered, or has been repeated in vain."""
        self._calls.closing = True
        self._calls.hang_up(HangUp(), now, out)
        self._until = Micros(now + 2 * self._registrar.gm.config.timers.t1)
        self.wake(now, out)

    def call_off(self) -> None:
        """The user wishes to stay."""
        self._calls.closing = False
        self._until = FOREVER

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Go on if nothing is left to wait for."""
        if self._until == FOREVER or (self._calls.busy and now < self._until):
            return
        self.call_off()
        self._calls.abandon(now, out)
        self._registrar.wish(Purpose.DEREGISTER, now, out)

    def next_deadline(self) -> Micros:
        """When to wait no longer."""
        return self._until
