"""Addresses and endpoints as they are written."""

import pytest
from pydantic import TypeAdapter, ValidationError

from twopair.base import Endpoint, Port
from twopair.live.config.fields import EndpointText

READER = TypeAdapter[Endpoint](EndpointText, config={"arbitrary_types_allowed": True})


@pytest.mark.parametrize(
    ("written", "address", "port"),
    [
        ("2001:db8::1", "2001:db8::1", 5060),
        ("[2001:db8::1]:5070", "2001:db8::1", 5070),
        ("[2001:db8::1:5060]", "2001:db8::1:5060", 5060),
        ("2001:db8::1023", "2001:db8::1023", 5060),
        ("2001:db8::1:506a", "2001:db8::1:506a", 5060),
        ("1:2:3:4:5:6:7:5060", "1:2:3:4:5:6:7:5060", 5060),
        ("10.0.0.1:5070", "10.0.0.1", 5070),
    ],
)
def test_what_reads_in_one_way_is_taken(written: str, address: str, port: int) -> None:
    assert READER.validate_python(written) == Endpoint(address, Port(port))


@pytest.mark.parametrize("written", ["2001:db8::1:5060", "fd00::2:1024", "sip:fd00::2:9999"])
def test_what_reads_in_two_ways_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="may be an address, or one with a port"):
        READER.validate_python(written)


@pytest.mark.parametrize(
    ("written", "right"),
    [("[fe80::1%eth0]:5060", r"give \[fe80::1\]:5060"), ("fe80::1%25eth0", "give fe80::1")],
)
def test_zones_are_refused(written: str, right: str) -> None:
    with pytest.raises(ValidationError, match=right):
        READER.validate_python(written)
