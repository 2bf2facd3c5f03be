"""ESP trailer (RFC 4303 §2.4)."""

import pytest

from twopair.base import WireError
from twopair.wire.esp import split_trailer, trailer


@pytest.mark.parametrize("align", [4, 8, 16])
def test_trailer_aligns_and_counts_up(align: int) -> None:
    """KEY-09: padding 1, 2, 3…; the shortest that aligns."""
    for length in range(40):
        end = trailer(length % align, align, 17)
        assert (length + len(end)) % align == 0
        assert len(end) < align + 2
        assert end == bytes(range(1, len(end) - 1)) + bytes((len(end) - 2, 17))
        assert split_trailer(bytes(length) + end) == (bytes(length), 17)


def test_longer_padding_than_needed_is_accepted() -> None:
    """RFC 4303 §2.4: up to 255 octets, to hide the length."""
    assert split_trailer(b"x" + bytes(range(1, 256)) + b"\xff\x06") == (b"x", 6)


@pytest.mark.parametrize(
    "plain",
    [b"", b"\x11", b"\x01\x11", b"ab\x03\x11", b"payload\x01\x03\x02\x11", b"payload\x02\x01\x02\x11"],
)
def test_wrong_padding_is_a_wire_error(plain: bytes) -> None:
    """KEY-09: pad length and padding are checked."""
    with pytest.raises(WireError):
        split_trailer(plain)
