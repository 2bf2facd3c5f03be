"""What the operator of a node that serves asks of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """Order (P-CSCF): from now on that configuration; SA sets that stand keep what was agreed for them.

    Args:
        config: of the kind the node was made with; who and where it is, is as before.
    """

    config: object
