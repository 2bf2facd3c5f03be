"""The suites of ipsec-3gpp as Linux names them, with their keys and truncations (KEY-01..KEY-07)."""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from twopair.backends.kernel.netlink import attribute
from twopair.base import Suite
from twopair.crypto.annex_i import EspKeys

_CRYPT, _AEAD, _AUTH_TRUNC = 2, 18, 20
_NAME_OCTETS: Final = 64
_KEY_BITS: Final = struct.Struct(f"={_NAME_OCTETS}sI")
_KEY_AND_ICV_BITS: Final = struct.Struct(f"={_NAME_OCTETS}sII")


class Algorithm(NamedTuple):
    """One algorithm of the kernel's crypto API.

    Args:
        attribute: XFRMA_ALG_… that carries it.
        name: the kernel's name: ``cbc(aes)``.
        key: from the set's keys to the octets the kernel wants.
        icv_bits: length of the integrity check value; 0 where there is none.
    """

    attribute: int
    name: str
    key: Callable[[EspKeys], bytes]
    icv_bits: int = 0

    def encode(self, keys: EspKeys) -> bytes:
        """The attribute: struct xfrm_algo, xfrm_algo_auth or xfrm_algo_aead."""
        key = self.key(keys)
        name, bits = self.name.encode(), len(key) * 8
        if self.icv_bits:
            return attribute(self.attribute, _KEY_AND_ICV_BITS.pack(name, bits, self.icv_bits) + key)
        return attribute(self.attribute, _KEY_BITS.pack(name, bits) + key)


def _integrity(keys: EspKeys) -> bytes:
    return keys.integrity.reveal()


def _encryption(keys: EspKeys) -> bytes:
    return keys.encryption.reveal()


def _none(_keys: EspKeys) -> bytes:
    return b""


def _gcm(keys: EspKeys) -> bytes:
    """RFC 4106 §8.1: the salt follows the key."""
    return keys.encryption.reveal() + keys.salt.reveal()


def _gmac(keys: EspKeys) -> bytes:
    """RFC 4543 §5.3: likewise."""
    return keys.integrity.reveal() + keys.salt.reveal()


_SHA1: Final = Algorithm(_AUTH_TRUNC, "hmac(sha1)", _integrity, 96)
_MD5: Final = Algorithm(_AUTH_TRUNC, "hmac(md5)", _integrity, 96)
_AES_CBC: Final = Algorithm(_CRYPT, "cbc(aes)", _encryption)
_3DES_CBC: Final = Algorithm(_CRYPT, "cbc(des3_ede)", _encryption)
_NULL: Final = Algorithm(_CRYPT, "ecb(cipher_null)", _none)

ALGORITHMS: Final[dict[Suite, tuple[Algorithm, ...]]] = {
    Suite("null", "aes-gcm"): (Algorithm(_AEAD, "rfc4106(gcm(aes))", _gcm, 128),),
    Suite("aes-gmac", "null"): (Algorithm(_AEAD, "rfc4543(gcm(aes))", _gmac, 128),),
    Suite("hmac-sha-1-96", "aes-cbc"): (_SHA1, _AES_CBC),
    Suite("hmac-sha-1-96", "null"): (_SHA1, _NULL),
    Suite("hmac-sha-1-96", "des-ede3-cbc"): (_SHA1, _3DES_CBC),
    Suite("hmac-md5-96", "aes-cbc"): (_MD5, _AES_CBC),
    Suite("hmac-md5-96", "des-ede3-cbc"): (_MD5, _3DES_CBC),
    Suite("hmac-md5-96", "null"): (_MD5, _NULL),
}
"""What each suite is made of; every suite that may be negotiated is here."""
