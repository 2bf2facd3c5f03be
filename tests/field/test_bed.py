"""The messages as they came can be played: each can be read, and what was right is right."""

import pytest
from tests.field.bed import FILES, FieldBed

from twopair.wire.sip import parse

NAMES = sorted(file.stem for file in FILES.glob("*.sip"))


def test_there_are_messages() -> None:
    assert len(NAMES) == 31


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_read(name: str) -> None:
    assert parse((FILES / f"{name}.sip").read_bytes()).top_via


def test_an_identity_that_is_not_registered_is_not_asserted() -> None:
    """K3e: ``user=phone`` makes it another URI (RFC 3261 §19.1.4; PCS-10)."""
    bed = FieldBed()
    bed.phone("K3e")
    assert bed.values("P-Asserted-Identity") == ["<sip:+15550100001@ims.mnc001.mcc001.3gppnetwork.org>"]
