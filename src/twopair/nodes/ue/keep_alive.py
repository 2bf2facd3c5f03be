"""Signs of life over the set in use, so that a UE that only waits notices a P-CSCF that lost it (ADR 14)."""

from typing import Final

from twopair.base import SECOND, Micros, Send, Transport, seconds
from twopair.core.registration.ue import Purpose
from twopair.nodes.actions import Action
from twopair.nodes.ue.config import FOREVER
from twopair.nodes.ue.probe import Probe
from twopair.nodes.ue.registrar import Registrar

PING: Final = b"\r\n\r\n"
"""RFC 5626 §3.5.1; answered by one CRLF."""

PONG_WITHIN: Final = seconds(10)
"""RFC 5626 §4.4.1. Without the pong the P-CSCF is asked by SIP: it may not know pings (RFC 6223)."""

AUTO: Final[dict[Transport, str]] = {Transport.TCP: "crlf", Transport.UDP: "options"}
"""What ``auto`` is on each transport."""


class KeepAlive:
    """Asks for a sign of life when none has been seen for a while.

    Args:
        registrar: whose set in use it is.
        probe: asks by SIP.
    """

    def __init__(self, registrar: Registrar, probe: Probe) -> None:
        self._registrar = registrar
        self._probe = probe
        self._config = config = registrar.gm.config
        self._kind = AUTO[config.transport] if config.keep_alive == "auto" else config.keep_alive
        self._due = FOREVER
        self._pong_until = FOREVER

    def heard(self, now: Micros) -> None:
        """Something came over the set in use: the next sign is wanted 80 to 100 % of the interval later.

        The random part keeps UEs apart that were registered at one moment (RFC 5626 §4.4.1).
        """
        if self._kind != "off":
            interval = self._config.keep_alive_s * SECOND
            self._due = Micros(now + interval - self._registrar.gm.entropy.below(interval // 5 + 1))
            self._pong_until = FOREVER

    def begin(self, now: Micros) -> None:
        """Plan the first sign of a registration, and one after each that was asked for in vain."""
        idle = self._due == FOREVER and self._pong_until == FOREVER and self._probe.until == FOREVER
        if idle and self._registrar.registration is not None:
            self.heard(now)

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Ask if it is time."""
        if self._pong_until <= now:
            self._pong_until = FOREVER
            self._probe.start(now, out)
        if self._due > now:
            return
        self._due = FOREVER
        live = self._registrar.gm.sets.in_use
        if live is None or self._registrar.registration is None:
            return  # the registration that comes will be heard
        flow = live.flow(Transport.TCP)
        if self._kind == "register":
            self._registrar.wish(Purpose.REGISTER, now, out)
        elif self._kind == "crlf" and self._registrar.gm.streams.stands(flow):
            out.append(Send(flow, PING))
            self._pong_until = Micros(now + PONG_WITHIN)
        else:
            self._probe.start(now, out)

    def next_deadline(self) -> Micros:
        """When `wake` has something to do, `FOREVER` for never."""
        return min(self._due, self._pong_until)
