"""What a request other than REGISTER must satisfy before it goes to the core: every check a row."""

from collections.abc import Sequence
from typing import Final

from twopair.base import Micros, Refusal
from twopair.core.registration.pcscf_checks import Check
from twopair.core.secagree import same_agreement
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.register.binding import is_address
from twopair.wire.sip import Credentials, Request, Via


class Asked:
    """Evidence on a request over an established set.

    Args:
        request: as it came.
        names: its header names.
        passed: its Via values below the topmost.
        live: the set.
        now: the moment.
        hops: Max-Forwards.
        verify_may_miss: whether Security-Verify may be left out (AGR-35).
    """

    __slots__ = ("hops", "live", "names", "now", "passed", "request", "verify_may_miss")

    def __init__(
        self,
        request: Request,
        names: tuple[str, ...],
        passed: Sequence[str],
        live: LiveSet,
        now: Micros,
        hops: int,
        verify_may_miss: bool,
    ) -> None:
        self.request: Final = request
        self.names: Final = names
        self.passed: Final = passed
        self.live: Final = live
        self.now: Final = now
        self.hops: Final = hops
        self.verify_may_miss: Final = verify_may_miss


WITHOUT_AGREEMENT: Final = frozenset({"ACK", "CANCEL"})
"""Never refused for lacking Security-Verify (AGR-25)."""

CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization"})


def _registered(e: Asked) -> Refusal | None:
    return None if e.live.owner.registered(e.now) else Refusal.NOT_REGISTERED


def _identity(e: Asked) -> Refusal | None:
    """Credentials, where a request has any, must be those of the set's subscriber (SA-25, AGR-34)."""
    if CREDENTIALS.isdisjoint(e.names):
        return None
    values = e.request.get_all("Authorization") + e.request.get_all("Proxy-Authorization")
    own = all(Credentials.parse(value).get("username") == e.live.owner.impi for value in values)
    return None if own else Refusal.IMPI_MISMATCH


def _first_hop(e: Asked) -> Refusal | None:
    if not e.passed:
        return None
    required = [tag.lower() for tag in e.request.values("Require")]
    return Refusal.NOT_FIRST_HOP if "sec-agree" in required else None


def _loop(e: Asked) -> Refusal | None:
    """A request that has been at our port_ps before came back from a UE (RFC 3261 §16.3, item 4)."""
    if not e.passed:
        return None
    ours = e.live.ps
    passed = [Via.parse(value) for value in e.passed]
    back = any(via.port == ours.port and is_address(via.host, ours.address) for via in passed)
    return Refusal.LOOP if back else None


def _agreed(e: Asked) -> Refusal | None:
    """Security-Verify mirrors what was sent in the last successful authentication."""
    live, lines = e.live, tuple(e.request.get_all("Security-Verify"))
    if lines == live.verified:
        return None
    if not lines:
        may_miss = e.verify_may_miss or e.request.method in WITHOUT_AGREEMENT
        return None if may_miss else Refusal.VERIFY_MISSING
    latest = live.owner.latest
    if same_agreement(live.server, lines) or (latest is not None and same_agreement(latest.server, lines)):
        live.verified = lines  # the next one is compared by its text
        return None
    return Refusal.VERIFY_MISMATCH


def _hops(e: Asked) -> Refusal | None:
    return None if e.hops else Refusal.TOO_MANY_HOPS


REQUEST_CHECKS: Final[tuple[Check[Asked], ...]] = (
    Check("PCS-09", "24.229 §5.2.6.3; MGP-12", _registered),
    Check("SA-25 identity", "33.203 §7.1, AGR-34", _identity),
    Check("AGR-37", "RFC 3329 §2.3.1", _first_hop),
    Check("AGR-35", "RFC 3329 §2.3.1; AGR-25", _agreed),
    Check("PCS-22 hops", "RFC 3261 §16.3", _hops),
    Check("PCS-22 loop", "RFC 3261 §16.3", _loop),
)
