"""Published and independently computed ESP packets (RFC 3602 §4; requirements 12.5)."""

import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from tests.figure1_sets import Dice

from twopair.base import Port, Secret, Spi, Suite
from twopair.core.esp import IvSpace, SecurityAssociation, Selector, Transform, make_transform
from twopair.crypto import EspKeys, expand
from twopair.wire.esp import split_trailer

DATA = tomllib.loads((Path(__file__).parents[2] / "data" / "esp.toml").read_text())
ANNEX_I = tomllib.loads((Path(__file__).parents[2] / "data" / "annex_i.toml").read_text())
OWN = DATA["own"]


class FirstBlock(Dice):
    """Entropy that gives what makes a fresh CBC context put out a wanted IV."""

    def __init__(self, key: bytes, iv: bytes) -> None:
        super().__init__()
        decryptor = Cipher(AES(key), ECB()).decryptor()
        self._block = decryptor.update(iv)

    def octets(self, count: int) -> bytes:
        return self._block[:count]


def transform_with_iv(suite: Suite, keys: EspKeys, iv: bytes) -> Transform:
    """The transform of an SA whose packet with sequence number 1 gets that IV."""
    selector = Selector(src="10.0.0.1", src_port=Port(5062), dst="10.0.1.1", dst_port=Port(6101))
    sa = SecurityAssociation(Spi(OWN["spi"]), selector, suite, keys, IvSpace(0, 0))
    entropy = FirstBlock(keys.encryption.reveal(), iv) if suite.ealg == "aes-cbc" else Dice()
    transform = make_transform(sa, entropy)
    if len(iv) == 8:
        transform._prefix = int.from_bytes(iv, "big") ^ 1  # type: ignore[attr-defined]
    return transform


@pytest.mark.parametrize("vector", OWN["packet"], ids=lambda v: v["suite"])
def test_packet_of_each_suite(vector: dict[str, str]) -> None:
    """SA-02, KEY-01..KEY-09: layout, padding, IV, additional data and ICV of a whole packet."""
    suite = Suite.parse(vector["suite"])
    keys = expand(suite, Secret.from_hex(ANNEX_I["ck"]), Secret.from_hex(ANNEX_I["ik"]))
    transform = transform_with_iv(suite, keys, bytes.fromhex(vector["iv"]))
    expected, payload = bytes.fromhex(vector["esp"]), bytes.fromhex(OWN["payload"])
    assert transform.seal(OWN["spi"], 1, payload, OWN["next_header"]) == expected
    plain = transform.open(expected)
    assert plain is not None
    assert split_trailer(plain) == (payload, OWN["next_header"])


def test_rfc_3602_case_5() -> None:
    """KEY-03, KEY-09: cipher text, padding and next header of the RFC's packet."""
    data = DATA["rfc3602"]
    key, iv = bytes.fromhex(data["key"]), bytes.fromhex(data["iv"])
    keys = EspKeys(integrity=Secret(bytes(20)), encryption=Secret(key), salt=Secret(b""))
    transform = transform_with_iv(Suite("hmac-sha-1-96", "aes-cbc"), keys, iv)
    esp = transform.seal(data["spi"], 1, bytes.fromhex(data["payload"]), data["next_header"])
    assert esp[8:-12].hex() == data["iv"] + data["cipher_text"]
