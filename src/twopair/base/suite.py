"""Algorithm combinations of ipsec-3gpp, by the names of 33.203 Annex H."""

from typing import Final, NamedTuple


class Suite(NamedTuple):
    """One (alg, ealg) combination; printed ``hmac-sha-1-96/aes-cbc``."""

    alg: str
    ealg: str

    def __str__(self) -> str:
        return f"{self.alg}/{self.ealg}"

    @classmethod
    def parse(cls, text: str) -> "Suite":
        """A suite written as ``ALG/EALG`` in any letter case. Raises ValueError for an unknown one."""
        alg, _, ealg = text.strip().lower().partition("/")
        suite = cls(alg, ealg or "null")
        if suite not in STATUS:
            raise ValueError(f"unknown suite {text!r}; known: {', '.join(map(str, STATUS))}")
        return suite


STATUS: Final[dict[Suite, str]] = {
    Suite("null", "aes-gcm"): "preferred",
    Suite("aes-gmac", "null"): "preferred",
    Suite("hmac-sha-1-96", "aes-cbc"): "allowed",
    Suite("hmac-sha-1-96", "null"): "allowed",
    Suite("hmac-sha-1-96", "des-ede3-cbc"): "legacy",
    Suite("hmac-md5-96", "aes-cbc"): "legacy",
    Suite("hmac-md5-96", "des-ede3-cbc"): "legacy",
    Suite("hmac-md5-96", "null"): "legacy",
}
"""Every combination that may ever be negotiated, best first, with its status (AGR-06, AGR-07).

A pair that is not in this table (above all ``null/null``, ``null/aes-cbc``) cannot be spoken of.
"""

DEFAULT_SUITES: Final[tuple[Suite, ...]] = tuple(s for s, status in STATUS.items() if status != "legacy")
"""What is offered and accepted unless configuration says otherwise: no legacy algorithms."""
