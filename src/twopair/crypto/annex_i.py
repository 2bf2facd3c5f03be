"""Key expansion from AKA keys to ESP keys (TS 33.203 Annex I; KEY-01..KEY-07)."""

from collections.abc import Callable
from typing import Final, NamedTuple

from twopair.base import Secret, Suite
from twopair.crypto.kdf import kdf


class EspKeys(NamedTuple):
    """Keys of one SA set: the same for its four SAs (SA-03).

    Args:
        integrity: IK_ESP for the HMACs (16 or 20 octets) or AES-GMAC (16); empty for AES-GCM.
        encryption: CK_ESP, 16 octets (24 for 3DES); empty where encryption is null.
        salt: 4 octets for AES-GCM and AES-GMAC, else empty.
    """

    integrity: Secret
    encryption: Secret
    salt: Secret


Expansion = Callable[[bytes, bytes], bytes]
"""From CK and IK to octets of a key."""


def _ck(ck: bytes, _ik: bytes) -> bytes:
    return ck


def _ik(_ck: bytes, ik: bytes) -> bytes:
    return ik


def _nothing(_ck: bytes, _ik: bytes) -> bytes:
    return b""


def _ik_sha1(_ck: bytes, ik: bytes) -> bytes:
    return ik + bytes(4)


def _ck_3des(ck: bytes, _ik: bytes) -> bytes:
    return bytes(map(_odd_parity, ck + ck[:8]))


def _odd_parity(octet: int) -> int:
    """The octet with its lowest bit set so that the number of ones is odd, as DES keys have it."""
    return octet & 0xFE | (octet >> 1).bit_count() + 1 & 1


def _salt_gmac(ck: bytes, ik: bytes) -> bytes:
    return kdf(ck + ik, 0x58, b"AES_GMAC_SALT")[-4:]


def _salt_gcm(ck: bytes, ik: bytes) -> bytes:
    return kdf(ck + ik, 0x59, b"AES_GCM_SALT")[-4:]


_INTEGRITY: Final[dict[str, tuple[Expansion, str]]] = {
    "hmac-sha-1-96": (_ik_sha1, "KEY-01"),
    "aes-gmac": (_ik, "KEY-02"),
    "hmac-md5-96": (_ik, "KEY-06"),
    "null": (_nothing, "KEY-04: AES-GCM authenticates by itself"),
}
_ENCRYPTION: Final[dict[str, tuple[Expansion, str]]] = {
    "aes-cbc": (_ck, "KEY-03"),
    "aes-gcm": (_ck, "KEY-04"),
    "des-ede3-cbc": (_ck_3des, "KEY-06"),
    "null": (_nothing, "KEY-07"),
}
_SALT: Final[dict[str, tuple[Expansion, str]]] = {
    "aes-gmac": (_salt_gmac, "KEY-02"),
    "aes-gcm": (_salt_gcm, "KEY-04"),
}


_NO_SALT: Final = Secret(b"")


def expand(suite: Suite, ck: Secret, ik: Secret) -> EspKeys:
    """ESP keys of an SA set.

    Args:
        suite: a combination of `STATUS`; no other can be negotiated.
        ck: CK of 16 octets from AKA.
        ik: IK of 16 octets from AKA.
    """
    raw = ck.reveal(), ik.reveal()
    assert len(raw[0]) == 16, "CK of IMS AKA has 16 octets"
    assert len(raw[1]) == 16, "IK of IMS AKA has 16 octets"
    alg, ealg = suite
    salt = _SALT.get(alg) or _SALT.get(ealg)
    return EspKeys(
        Secret(_INTEGRITY[alg][0](*raw)),
        Secret(_ENCRYPTION[ealg][0](*raw)),
        Secret(salt[0](*raw)) if salt else _NO_SALT,
    )
