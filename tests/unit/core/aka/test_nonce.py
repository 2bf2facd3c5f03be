"""Nonces and AUTS that cannot be read (AKA-02, AKA-03)."""

import pytest

from twopair.base import WireError
from twopair.core.aka import decode_auts, decode_nonce, encode_nonce

RAND, AUTN = bytes(range(16)), bytes(range(16, 32))


@pytest.mark.parametrize("server_data", [b"", b"x", bytes(40)])
def test_server_data_after_32_octets_is_ignored(server_data: bytes) -> None:
    """AKA-02."""
    assert decode_nonce(encode_nonce(RAND, AUTN, server_data)) == (RAND, AUTN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "not base64!",
        encode_nonce(RAND, AUTN[:15]),
        encode_nonce(RAND, AUTN)[:-1],
        encode_nonce(RAND, AUTN) + "=",
        encode_nonce(RAND, AUTN)[:20] + "\n" + encode_nonce(RAND, AUTN)[20:],
        encode_nonce(RAND, AUTN).replace("A", "Ä", 1),
        "\udcff" * 44,
    ],
    ids=repr,
)
def test_an_unusable_nonce_is_a_wire_error(text: str) -> None:
    """AKA-03."""
    with pytest.raises(WireError):
        decode_nonce(text)


@pytest.mark.parametrize("text", ["", "AAAA", "=====", "A" * 20, "uoU/PBI8z0TpNZbjVcY", "*" * 20])
def test_an_unreadable_auts_is_a_wire_error(text: str) -> None:
    """AKA-17: malformed base64 auts."""
    with pytest.raises(WireError):
        decode_auts(text)
