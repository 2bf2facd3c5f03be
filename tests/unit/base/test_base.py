"""The words: addresses, secrets, identities, suites, refusals."""

import pickle

import pytest

from twopair.base import (
    DEFAULT_SUITES,
    STATUS,
    Endpoint,
    Flow,
    Port,
    Refusal,
    Secret,
    Suite,
    Transport,
    WireError,
    canonical_address,
    home_domain,
    impi_from_imsi,
    impu_from_imsi,
    seconds,
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8:0000::0001]", "2001:db8::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_one_text_per_address(text: str, canonical: str) -> None:
    """SA-08, Q-12."""
    assert canonical_address(text) == canonical


@pytest.mark.parametrize("text", ["", "10.0.0", "ims.example", "1.2.3.4.5", ":::", "010.0.0.1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(WireError):
        canonical_address(text)


def test_flow_prints_and_mirrors() -> None:
    here, there = Endpoint("10.0.0.1", Port(5062)), Endpoint("fd00::1", Port(6100))
    flow = Flow(Transport.TCP, here, there)
    assert str(flow) == "tcp 10.0.0.1:5062>[fd00::1]:6100"
    assert flow.mirrored() == Flow(Transport.TCP, there, here)
    assert Transport.TCP.reliable
    assert not Transport.UDP.reliable


def test_a_secret_does_not_show() -> None:
    """AKA-32."""
    key = Secret.from_hex("f769bcd751044604127672711c6d3441")
    assert "f769" not in repr(key) + str(key) + f"{key}"
    assert len(key) == 16
    assert key.matches(key.reveal())
    assert key == Secret(key.reveal())
    assert not key.matches(bytes(16))
    assert key != key.reveal()
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_identities_from_an_imsi() -> None:
    """UEP-01: a two-digit MNC is padded, a three-digit one stays."""
    assert home_domain("001010123456789") == "ims.mnc001.mcc001.3gppnetwork.org"
    assert home_domain("310150123456789", 3) == "ims.mnc150.mcc310.3gppnetwork.org"
    assert impi_from_imsi("001010123456789") == "001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
    assert impu_from_imsi("001010123456789") == "sip:001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
    for wrong in ("", "12345", "1234567890123456", "00101x", "\u0660\u0660\u0661\u0660\u0661\u0660"):
        with pytest.raises(ValueError, match="IMSI"):
            home_domain(wrong)


def test_suites() -> None:
    """AGR-06: integrity is never absent; AGR-07: legacy is not in the default."""
    assert Suite.parse("HMAC-SHA-1-96/AES-CBC") == Suite("hmac-sha-1-96", "aes-cbc")
    assert Suite.parse("aes-gmac") == Suite("aes-gmac", "null")
    for wrong in ("null/null", "null/aes-cbc", "aes-gmac/aes-gcm", "rot13/null", ""):
        with pytest.raises(ValueError, match="unknown suite"):
            Suite.parse(wrong)
    assert all(STATUS[suite] != "legacy" for suite in DEFAULT_SUITES)
    assert Suite("null", "aes-gcm") == DEFAULT_SUITES[0]


def test_refusals_have_status_clause_and_words() -> None:
    for refusal in Refusal:
        assert refusal.status == 0 or 400 <= refusal.status < 700
        assert refusal.clause
        assert refusal.words


def test_seconds_are_whole_micros() -> None:
    assert seconds(0.5) == 500_000
    assert isinstance(seconds(0.1), int)
