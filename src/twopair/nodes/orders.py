"""What the operator of a node that serves asks of it."""

from dataclasses import dataclass

from twopair.base import Micros


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
