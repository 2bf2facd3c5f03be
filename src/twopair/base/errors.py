"""The two exceptions of the cores; what a peer does wrong is a `Refusal`, not an exception."""


class WireError(ValueError):
    """Bytes from the network that do not follow the grammar.

    The only exception a parser may raise, whatever bytes it is given.

    Args:
        what: what is wrong, in a few words.
        offset: octet at which it was noticed, counted from the start of what was parsed.
        clause: where the rule stands, e.g. ``RFC 3261 §7.3.1``.
    """

    def __init__(self, what: str, offset: int = 0, clause: str = "") -> None:
        super().__init__(f"{what} (octet {offset}{'; ' + clause if clause else ''})")
        self.what = what
        self.offset = offset
        self.clause = clause


class IllegalStep(RuntimeError):
    """A machine was fed something its table has no row for: our own mistake, never the peer's."""
