"""Cards, subscribers and their keys (AKA-18, AKA-50, AKA-51, UEP-01, UEP-02)."""

from typing import Any

import pytest

from twopair.base import Impi, Impu, Secret
from twopair.core.aka import (
    Accepted,
    AkaKeys,
    Card,
    CardProfile,
    SqnHome,
    Subscriber,
    SyncFailure,
    generate_vector,
)
from twopair.crypto import TuakSizes

K, OP, OPC = (
    Secret.from_hex(text)
    for text in (
        "465b5ce8b199b49faa5f0a2ee238a6bc",
        "cdc202d5123e20f62b6d676ac72cb318",
        "cd63cb71954a9f4e48a5994e37a02baf",
    )
)
KEYS = AkaKeys(K, opc=OPC)
DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
RAND = bytes(16)


def test_identities_follow_from_the_imsi() -> None:
    """UEP-01."""
    card = Card(CardProfile.from_imsi("001010000000001", KEYS))
    assert card.impi == f"001010000000001@{DOMAIN}"
    assert card.impus == (f"sip:001010000000001@{DOMAIN}",)
    assert card.domain == DOMAIN
    assert Subscriber.from_imsi("001010000000001", KEYS).impi == card.impi


def test_a_three_digit_mnc() -> None:
    """UEP-01."""
    assert CardProfile.from_imsi("310410123456789", KEYS, 3).domain == "ims.mnc410.mcc310.3gppnetwork.org"


def test_op_and_its_opc_make_the_same_card() -> None:
    """AKA-50."""
    assert AkaKeys(K, op=OP).functions().f2345(RAND) == KEYS.functions().f2345(RAND)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"op": OP, "opc": OPC},
        {"opc": Secret(bytes(32))},
        {"opc": OPC, "algorithm": "tuak"},
        {"opc": OPC, "algorithm": "md5"},
        {"opc": Secret(bytes(32)), "algorithm": "tuak", "sizes": TuakSizes(mac=16)},
        {"opc": Secret(bytes(32)), "algorithm": "tuak", "sizes": TuakSizes(ck=32)},
    ],
    ids=["neither", "both", "TOPc as OPc", "OPc as TOPc", "unknown set", "MAC of 128", "CK of 256"],
)
def test_keys_that_do_not_belong_together_are_refused(given: dict[str, Any]) -> None:
    """AKA-50, AKA-51."""
    with pytest.raises(ValueError, match=r".+"):
        AkaKeys(K, **given)


def test_tuak_cards_answer_with_the_res_length_of_their_operator() -> None:
    """AKA-51: RES is not always eight octets."""
    keys = AkaKeys(K, op=Secret(bytes(32)), algorithm="tuak", sizes=TuakSizes(res=32))
    vector = generate_vector(keys.functions(), SqnHome().take() or b"", b"\x00\x00", RAND)
    outcome = Card(CardProfile.from_imsi("001010000000001", keys)).authenticate(RAND, vector.autn)
    assert isinstance(outcome, Accepted)
    assert len(outcome.res) == 32
    assert outcome.res == vector.xres


def test_the_sqn_array_survives_power_off() -> None:
    """AKA-18, AKA-13."""
    profile = CardProfile.from_imsi("001010000000001", KEYS)
    vector = generate_vector(KEYS.functions(), SqnHome().take() or b"", b"\x00\x00", RAND)
    first = Card(profile)
    assert isinstance(first.authenticate(RAND, vector.autn), Accepted)
    assert isinstance(Card(profile, first.snapshot()).authenticate(RAND, vector.autn), SyncFailure)
    assert isinstance(Card(profile).authenticate(RAND, vector.autn), Accepted)


def test_aliases_bar_the_temporary_identity() -> None:
    """UEP-02."""
    alice = Impu(f"sip:alice@{DOMAIN}")
    with_alias = Subscriber.from_imsi("001010000000001", KEYS, (alice,))
    assert with_alias.associated == (alice,)
    assert with_alias.impus[0] in with_alias.barred
    without = Subscriber.from_imsi("001010000000001", KEYS)
    assert without.associated == (f"sip:001010000000001@{DOMAIN}",)


def test_a_subscriber_without_a_usable_identity_is_refused() -> None:
    only = Impu("sip:a@b")
    with pytest.raises(ValueError, match="not barred"):
        Subscriber(Impi("a@b"), (only,), KEYS, frozenset({only}))
    with pytest.raises(ValueError, match="AMF"):
        Subscriber(Impi("a@b"), (only,), KEYS, amf=b"\x00")


def test_a_card_without_identities_is_refused() -> None:
    with pytest.raises(ValueError, match="IMPU"):
        CardProfile(Impi("a@b"), (), "b", KEYS)


def test_nothing_secret_is_printed() -> None:
    """AKA-32."""
    text = repr(CardProfile.from_imsi("001010000000001", KEYS)) + repr(
        Subscriber.from_imsi("001010000000001", KEYS)
    )
    assert "465b5c" not in text
    assert "cd63cb" not in text
    assert "Secret(16 octets)" in text
