"""Keys of SAs as lines of Wireshark's ``esp_sa`` table, so that it decrypts a capture.

Each line goes to ``tshark -o "uat:esp_sa:LINE"``, or all of them, as the file ``esp_sa``, into
Wireshark's profile folder. They are secrets: whoever has them reads the traffic.
"""

from typing import Final

from twopair.base import Secret, Spi, Suite

_ENCRYPTION: Final = {
    "null": "NULL",
    "aes-cbc": "AES-CBC [RFC3602]",
    "des-ede3-cbc": "TripleDES-CBC [RFC2451]",
    "aes-gcm": "AES-GCM with 16 octet ICV [RFC4106]",
}
_AUTHENTICATION: Final = {
    "null": "NULL",
    "hmac-sha-1-96": "HMAC-SHA-1-96 [RFC2404]",
    "hmac-md5-96": "HMAC-MD5-96 [RFC2403]",
}


def line(
    src: str, dst: str, spi: Spi, suite: Suite, *, encryption: Secret, integrity: Secret, salt: Secret
) -> str:
    """The line of one unidirectional SA, without line end.

    AES-GMAC (RFC 4543) is unknown to Wireshark's ESP: its line is a comment that says so, with the
    keys for whoever can use them.
    """
    version = "IPv6" if ":" in src else "IPv4"
    if suite.alg not in _AUTHENTICATION:
        keys = f"0x{(integrity.reveal() + salt.reveal()).hex()}"
        return f"# {version} {src} {dst} SPI 0x{spi:08x}: Wireshark has no {suite.alg}; key and salt {keys}"
    fields = (
        version,
        src,
        dst,
        f"0x{spi:08x}",
        _ENCRYPTION[suite.ealg],
        _hex(encryption.reveal() + salt.reveal()),
        _AUTHENTICATION[suite.alg],
        _hex(integrity.reveal()),
    )
    return ",".join(f'"{field}"' for field in fields)


def _hex(key: bytes) -> str:
    return f"0x{key.hex()}" if key else ""
