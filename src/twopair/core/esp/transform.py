"""How one SA protects and opens packets: the ESP transforms (RFC 4303 §3.3, §3.4).

A transform keeps its cipher contexts for the life of the SA, for speed: opening a context costs more
than encrypting a SIP message. A CBC context is never reset, so what it is fed first in each packet is
a random block: the cipher text of that block is the packet's IV, unpredictable as KEY-03 asks, and
the chain goes on from it exactly as RFC 3602 has it. The same holds when opening: the first block
out of a kept context is meaningless and thrown away, every later one depends on this packet alone.
"""

from collections.abc import Callable
from hmac import compare_digest
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import MD5, SHA1, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC

from twopair.base import Entropy, Secret, Suite
from twopair.core.esp.association import IvSpace, SecurityAssociation
from twopair.crypto.annex_i import EspKeys
from twopair.wire.esp import HEADER, trailer

_ICV_96: Final = 12
_ICV_GCM: Final = 16
_IV_GCM: Final = 8


_Update = Callable[[bytes], bytes]


class Transform(Protocol):
    """One SA's way of making and opening ESP.

    Attributes:
        align: payload and trailer are a multiple of this many octets.
        overhead: octets of header, IV and ICV; payload and trailer come on top.
        iv_octets: length of the IV behind the header.
    """

    align: int
    overhead: int
    iv_octets: int

    def seal(self, spi: int, sequence: int, payload: bytes, next_header: int) -> bytes:
        """The ESP packet, header to ICV."""
        ...

    def open(self, esp: bytes) -> bytes | None:
        """Payload and trailer, or None if the ICV is wrong.

        `esp` must have room for the overhead and be aligned (`well_formed`).
        """
        ...


def well_formed(transform: Transform, octets: int) -> bool:
    """Whether an ESP packet of that length can be opened at all."""
    inner = octets - transform.overhead
    return inner >= transform.align and inner % transform.align == 0


class NullHmac:
    """Integrity alone, by an HMAC truncated to 96 bits (RFC 2410, RFC 2404, RFC 2403; KEY-07)."""

    __slots__ = ("_mac", "align", "iv_octets", "overhead")

    def __init__(self, keys: EspKeys, digest: HashAlgorithm) -> None:
        self._mac = HMAC(keys.integrity.reveal(), digest)
        self.align = 4
        self.iv_octets = 0
        self.overhead = HEADER.size + _ICV_96

    def seal(self, spi: int, sequence: int, payload: bytes, next_header: int) -> bytes:
        """See `Transform`."""
        body = HEADER.pack(spi, sequence) + payload + trailer(len(payload) % 4, 4, next_header)
        mac = self._mac.copy()
        mac.update(body)
        return body + mac.finalize()[:_ICV_96]

    def open(self, esp: bytes) -> bytes | None:
        """See `Transform`."""
        body = esp[:-_ICV_96]
        mac = self._mac.copy()
        mac.update(body)
        if not compare_digest(mac.finalize()[:_ICV_96], esp[-_ICV_96:]):
            return None
        return body[8:]


class CbcHmac:
    """A block cipher in CBC mode, then an HMAC over the cipher text (RFC 3602, RFC 2451; KEY-03)."""

    __slots__ = (
        "_cipher",
        "_decrypt",
        "_encrypt",
        "_entropy",
        "_mac",
        "align",
        "iv_octets",
        "overhead",
    )

    def __init__(
        self, keys: EspKeys, digest: HashAlgorithm, cipher: AES | TripleDES, entropy: Entropy
    ) -> None:
        self.align = self.iv_octets = cipher.block_size // 8
        self.overhead = HEADER.size + self.iv_octets + _ICV_96
        self._cipher = Cipher(cipher, CBC(bytes(self.iv_octets)))
        self._encrypt: _Update | None = None  # an SA has one direction, and needs one of the two
        self._decrypt: _Update | None = None
        self._mac = HMAC(keys.integrity.reveal(), digest)
        self._entropy = entropy.octets

    def seal(self, spi: int, sequence: int, payload: bytes, next_header: int) -> bytes:
        """See `Transform`."""
        align = self.align
        plain = self._entropy(align) + payload + trailer(len(payload) % align, align, next_header)
        if self._encrypt is None:
            self._encrypt = self._cipher.encryptor().update
        body = HEADER.pack(spi, sequence) + self._encrypt(plain)
        mac = self._mac.copy()
        mac.update(body)
        return body + mac.finalize()[:_ICV_96]

    def open(self, esp: bytes) -> bytes | None:
        """See `Transform`."""
        mac = self._mac.copy()
        mac.update(esp[:-_ICV_96])
        if not compare_digest(mac.finalize()[:_ICV_96], esp[-_ICV_96:]):
            return None
        if self._decrypt is None:
            self._decrypt = self._cipher.decryptor().update
        return self._decrypt(esp[8:-_ICV_96])[self.iv_octets :]


def iv_prefix(space: IvSpace) -> int:
    """The two top bits of the IV, which keep the four SAs of a set apart (KEY-08).

    The other 62 bits are the packet's sequence number: it starts at 1, is never used twice and never
    wraps (SA-07), so neither is the IV.
    """
    return space.role << 63 | space.pair << 62


class _Galois:
    """What AES-GCM and AES-GMAC share: nonce of salt and IV, and a 16-octet ICV."""

    __slots__ = ("_aead", "_prefix", "_salt", "align", "iv_octets", "overhead")

    def __init__(self, key: Secret, salt: Secret, space: IvSpace) -> None:
        self._aead = AESGCM(key.reveal())
        self._salt = salt.reveal()
        self._prefix = iv_prefix(space)
        self.align = 4
        self.iv_octets = _IV_GCM
        self.overhead = HEADER.size + _IV_GCM + _ICV_GCM


class Gcm(_Galois):
    """AES-GCM: encryption and integrity at once (RFC 4106; KEY-04, KEY-08)."""

    __slots__ = ()

    def seal(self, spi: int, sequence: int, payload: bytes, next_header: int) -> bytes:
        """See `Transform`."""
        head = HEADER.pack(spi, sequence)
        iv = (self._prefix | sequence).to_bytes(8, "big")
        plain = payload + trailer(len(payload) % 4, 4, next_header)
        return head + iv + self._aead.encrypt(self._salt + iv, plain, head)

    def open(self, esp: bytes) -> bytes | None:
        """See `Transform`."""
        try:
            return self._aead.decrypt(self._salt + esp[8:16], esp[16:], esp[:8])
        except InvalidTag:
            return None


class Gmac(_Galois):
    """AES-GMAC: integrity alone, by GCM with an empty plain text (RFC 4543 §3.3; KEY-02, KEY-08)."""

    __slots__ = ()

    def seal(self, spi: int, sequence: int, payload: bytes, next_header: int) -> bytes:
        """See `Transform`."""
        iv = (self._prefix | sequence).to_bytes(8, "big")
        body = HEADER.pack(spi, sequence) + iv + payload + trailer(len(payload) % 4, 4, next_header)
        return body + self._aead.encrypt(self._salt + iv, b"", body)

    def open(self, esp: bytes) -> bytes | None:
        """See `Transform`."""
        body = esp[:-_ICV_GCM]
        try:
            self._aead.decrypt(self._salt + esp[8:16], esp[-_ICV_GCM:], body)
        except InvalidTag:
            return None
        return body[16:]


_SHA1: Final = SHA1()  # noqa: S303 - RFC 2404; truncated HMAC-SHA-1 is not broken
_MD5: Final = MD5()  # noqa: S303 - RFC 2403; legacy, off by default

_Maker = Callable[[SecurityAssociation, Entropy], Transform]


def _hmac(digest: HashAlgorithm) -> _Maker:
    return lambda sa, _entropy: NullHmac(sa.keys, digest)


def _cbc(digest: HashAlgorithm, cipher: Callable[[bytes], AES | TripleDES]) -> _Maker:
    return lambda sa, entropy: CbcHmac(sa.keys, digest, cipher(sa.keys.encryption.reveal()), entropy)


def _gcm(sa: SecurityAssociation, _entropy: Entropy) -> Transform:
    return Gcm(sa.keys.encryption, sa.keys.salt, sa.iv_space)


def _gmac(sa: SecurityAssociation, _entropy: Entropy) -> Transform:
    return Gmac(sa.keys.integrity, sa.keys.salt, sa.iv_space)


class _Row:
    """One suite: the octets of its integrity key, encryption key and salt, and its maker."""

    __slots__ = ("lengths", "make")

    def __init__(self, lengths: tuple[int, int, int], make: _Maker) -> None:
        self.lengths = lengths
        self.make = make


_SUITES: Final[dict[Suite, _Row]] = {
    Suite("null", "aes-gcm"): _Row((0, 16, 4), _gcm),
    Suite("aes-gmac", "null"): _Row((16, 0, 4), _gmac),
    Suite("hmac-sha-1-96", "aes-cbc"): _Row((20, 16, 0), _cbc(_SHA1, AES)),
    Suite("hmac-sha-1-96", "null"): _Row((20, 0, 0), _hmac(_SHA1)),
    Suite("hmac-sha-1-96", "des-ede3-cbc"): _Row((20, 24, 0), _cbc(_SHA1, TripleDES)),
    Suite("hmac-md5-96", "aes-cbc"): _Row((16, 16, 0), _cbc(_MD5, AES)),
    Suite("hmac-md5-96", "des-ede3-cbc"): _Row((16, 24, 0), _cbc(_MD5, TripleDES)),
    Suite("hmac-md5-96", "null"): _Row((16, 0, 0), _hmac(_MD5)),
}


def misfit(suite: Suite, keys: EspKeys) -> str:
    """Why there is no transform of that suite with these keys; empty if there is."""
    row = _SUITES.get(suite)
    if row is None:
        return f"no ESP transform for {suite}"
    if (len(keys.integrity), len(keys.encryption), len(keys.salt)) != row.lengths:
        return f"the keys do not fit {suite}"
    return ""


def make_transform(sa: SecurityAssociation, entropy: Entropy) -> Transform:
    """The transform of one SA; `entropy` is where the IVs of CBC come from.

    Raises:
        ValueError: the suite is unknown, or the keys are not as long as it wants them.
    """
    why = misfit(sa.suite, sa.keys)
    if why:
        raise ValueError(why)
    return _SUITES[sa.suite].make(sa, entropy)


SUITES: Final[tuple[Suite, ...]] = tuple(_SUITES)
"""Every suite that can be carried."""
