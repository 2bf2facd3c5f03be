"""What the operator of a node that serves asks of it."""

from dataclasses import dataclass

from twopair.base import Micros
from twopair.wire.reginfo import ContactEvent


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """Order (P-CSCF): from now on that configuration; SA sets that stand keep what was agreed for them.

    Args:
        config: of the kind the node was made with; who and where it is, is as before.
    """

    config: object


@dataclass(frozen=True, slots=True)
class Drain:
    """Order (P-CSCF): take no registration in the clear any more; whoever has an SA set is served as before.

    Args:
        until: when it will end at the latest: what Retry-After tells (RFC 3261 §20.33).
    """

    until: Micros


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Order (home network): end the registrations of a user (24.229 §5.4.1.5; MGP-11, MGU-13).

    Args:
        who: IMPI, or any IMPU of the user.
        event: ``rejected``: stay off; ``deactivated``: register anew; ``probation``: after a while.
        retry_after_s: how long that while is, in seconds.
    """

    who: str
    event: ContactEvent = ContactEvent.REJECTED
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Reauthenticate:
    """Order (home network): have a user authenticate soon (24.229 §5.4.1.6; MGU-14).

    Args:
        who: IMPI, or any IMPU of the user.
        within_s: what is left of the registrations, in seconds, unless the user registers again.
    """

    who: str
    within_s: int = 60
