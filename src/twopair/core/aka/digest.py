"""Digest AKA: RFC 2617 with an AKA answer as password (RFC 3310, RFC 4169; AKA-01..10, AKA-40..42)."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Collection, Iterable
from hmac import compare_digest
from typing import Final, NamedTuple

from twopair.base import Secret


class DigestAlgorithm(NamedTuple):
    """One AKA digest algorithm; its token is matched in any letter case and echoed as received (AKA-01)."""

    token: str
    hash_name: str
    version: int
    clause: str


ALGORITHMS: Final[dict[str, DigestAlgorithm]] = {
    algorithm.token.lower(): algorithm
    for algorithm in (
        DigestAlgorithm("AKAv2-SHA-256", "sha256", 2, "24.229 §5.4.1.2.1A, AKA-42"),
        DigestAlgorithm("AKAv2-MD5", "md5", 2, "RFC 4169 §3, AKA-40"),
        DigestAlgorithm("AKAv1-MD5", "md5", 1, "RFC 3310 §3.1, AKA-01"),
    )
}
"""Every algorithm we can compute, strongest first."""

DEFAULT_ALGORITHMS: Final = ("AKAv1-MD5", "AKAv2-MD5")
"""What is taken with ipsec-3gpp unless configured otherwise: AKAv2-SHA-256 belongs to TLS (AKA-42)."""

_PASSWORD_LABEL: Final = b"http-digest-akav2-password"


def strongest(offered: Iterable[str], allowed: Collection[str] = DEFAULT_ALGORITHMS) -> str | None:
    """The strongest algorithm of both lists, spelled as it was offered, or None (AKA-42)."""
    spelling = {token.lower(): token for token in offered}
    permitted = {token.lower() for token in allowed}
    return next((spelling[key] for key in ALGORITHMS if key in spelling and key in permitted), None)


def aka_password(algorithm: str, res: Secret, ik: Secret, ck: Secret) -> bytes:
    """The digest password: RES itself, or for AKAv2 what RFC 4169 derives from RES, IK and CK.

    Args:
        algorithm: a token of ALGORITHMS, in any letter case.
        res: raw octets, any of which may be 0x00 or 0x3A (AKA-04).
        ik: 16 octets.
        ck: 16 octets.
    """
    found = ALGORITHMS[algorithm.lower()]
    if found.version == 1:
        return res.reveal()
    key = res.reveal() + ik.reveal() + ck.reveal()
    return b64encode(hmac.digest(key, _PASSWORD_LABEL, found.hash_name))


def digest_response(
    algorithm: str,
    username: str,
    realm: str,
    password: bytes,
    method: str,
    uri: str,
    nonce: str,
    qop: str | None = None,
    nc: str = "",
    cnonce: str = "",
) -> str:
    """The value of `response`, hexadecimal digits (AKA-04, AKA-05).

    Texts are hashed as the octets they had on the wire (UTF-8 with surrogate escapes).

    Args:
        algorithm: a token of ALGORITHMS, in any letter case.
        username: the IMPI as sent.
        realm: as sent.
        password: of `aka_password`; empty in an answer that carries `auts` (AKA-21).
        method: of the request; empty for `rspauth` (AKA-10).
        uri: the parameter `uri` exactly as sent.
        nonce: its text, not what it decodes to.
        qop: "auth", or None or "" for none.
        nc: eight hexadecimal digits, with qop only.
        cnonce: with qop only.
    """
    h = _HASHES[ALGORITHMS[algorithm.lower()].hash_name]
    ha1 = h(_octets(f"{username}:{realm}:") + password)
    ha2 = h(_octets(f"{method}:{uri}"))
    middle = f"{nonce}:{nc}:{cnonce}:{qop}" if qop else nonce
    return h(_octets(f"{ha1}:{middle}:{ha2}"))


def same_response(expected: str, received: str) -> bool:
    """Whether two digests are equal, letter case of the digits aside, in constant time."""
    return compare_digest(expected.encode(), _octets(received.lower()))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


_HASHES: Final[dict[str, Callable[[bytes], str]]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
}
