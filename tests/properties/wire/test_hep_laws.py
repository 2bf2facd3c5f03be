"""What goes into a HEP3 packet comes out of it."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hep_reader import told

from twopair.base import Endpoint, Micros, Port, WireError
from twopair.wire.hep import Hep, encode

NUMBER = st.integers(0, 2**32 - 1)
PORTS = st.integers(1, 65535).map(Port)
ENDS = st.one_of(
    *(
        st.tuples(*[st.builds(Endpoint, st.integers(0, 2**bits - 1).map(kind).map(str), PORTS)] * 2)
        for kind, bits in ((IPv4Address, 32), (IPv6Address, 128))
    )
)


@given(
    protocol=st.sampled_from([6, 17]),
    ends=ENDS,
    at=st.integers(0, 2**32 * 1_000_000 - 1).map(Micros),
    capture_id=NUMBER,
    payload=st.binary(max_size=200),
    more=st.tuples(st.binary(max_size=20), st.binary(max_size=20)),
)
def test_what_goes_in_comes_out(
    protocol: int,
    ends: tuple[Endpoint, Endpoint],
    at: Micros,
    capture_id: int,
    payload: bytes,
    more: tuple[bytes, bytes],
) -> None:
    (src, dst), (correlation, auth_key) = ends, more
    hep = Hep(protocol, src, dst, at, payload, capture_id, correlation, auth_key)
    assert told(encode(hep)) == {**hep._asdict(), "src": tuple(src), "dst": tuple(dst), "kind": 1}


@given(st.integers(65_300, 70_000), st.sampled_from([0, 100]))
def test_what_is_too_long_is_a_wire_error(octets: int, correlation: int) -> None:
    """A packet has 65,535 octets at most, and one without optional chunks 99 beside its payload."""
    ends = Endpoint("10.0.0.1", Port(1)), Endpoint("10.0.0.2", Port(2))
    hep = Hep(17, *ends, Micros(0), b"x" * octets, 1, b"c" * correlation)
    if 99 + octets + (6 + correlation if correlation else 0) <= 65_535:
        assert told(encode(hep))["payload"] == hep.payload
    else:
        with pytest.raises(WireError):
            encode(hep)
