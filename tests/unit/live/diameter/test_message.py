"""Octets of Diameter messages (RFC 6733 §3, §4)."""

import pytest

from twopair.base import WireError
from twopair.live.diameter import base
from twopair.live.diameter.local import CX
from twopair.live.diameter.message import (
    HEADER_OCTETS,
    MOST_AVPS,
    MOST_OCTETS,
    REQUEST,
    Message,
    avp,
    first,
    group,
    length_of,
    number,
    number_of,
    parse,
    split,
    text_of,
)

DWR = bytes.fromhex(
    "01000028 80000118 00000000 00000001 00000002"  # version, length; R, 280; base; identifiers
    "00000108 40000013 6873732e6578616d706c65 00".replace(" ", "")  # Origin-Host, M, 19: hss.example, padded
)


def test_a_message_as_the_standard_draws_it() -> None:
    message = Message(base.DEVICE_WATCHDOG, 0, REQUEST, [avp(base.ORIGIN_HOST, b"hss.example")], 1, 2)
    assert message.to_bytes() == DWR
    again = parse(DWR)
    assert again.is_request
    assert (again.command, again.hop_by_hop, again.end_to_end) == (base.DEVICE_WATCHDOG, 1, 2)
    assert text_of(again.avps, base.ORIGIN_HOST) == "hss.example"
    assert again.to_bytes() == DWR


def test_an_application_is_named_with_its_vendor() -> None:
    """RFC 6733 §6.11; 29.229 §5: 10415 and 16777216."""
    octets = base.named(CX).as_bytes()
    assert octets.hex() == "0000010440000020" + "0000010a4000000c000028af" + "000001024000000c01000000"
    (named,) = split(octets)
    inner = first(group(named), base.AUTH_APPLICATION_ID)
    assert number(inner) == CX.id
    assert base.applications_of([named]) == {CX.id}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        DWR[:3],
        b"\x02" + DWR[1:],
        DWR[:-1],
        DWR + b"\0\0\0\0",
        DWR[:1] + b"\0\0\x10" + DWR[4:],
        DWR[:24] + b"\x40\0\0\x07" + DWR[28:],  # an AVP shorter than its header
        DWR[:24] + b"\x40\0\0\x40" + DWR[28:],  # one longer than the message
        DWR[:24] + b"\xc0\0\0\x0b" + DWR[28:],  # a vendor bit without room for a vendor
        DWR[:20] + bytes(4) + DWR[24:25] + b"\0\0\x0b" + DWR[28:36] + bytes(4),  # ends within a header
    ],
)
def test_what_cannot_be_read(data: bytes) -> None:
    with pytest.raises(WireError):
        parse(data)


def test_bounds() -> None:
    """Long messages, and many AVPs in short ones, are no peer's business."""
    with pytest.raises(WireError):
        length_of(b"\x01" + (MOST_OCTETS + 4).to_bytes(3, "big"))
    assert length_of(b"\x01" + MOST_OCTETS.to_bytes(3, "big")) == MOST_OCTETS
    one = avp(base.RESULT_CODE, base.SUCCESS).as_bytes()
    assert len(split(one * MOST_AVPS)) == MOST_AVPS
    with pytest.raises(WireError):
        split(one * (MOST_AVPS + 1))


def test_values_of_another_type() -> None:
    message = parse(Message(1, 0, 0, [avp(base.ORIGIN_HOST, b"\xff")]).to_bytes())
    with pytest.raises(WireError):
        text_of(message.avps, base.ORIGIN_HOST)
    with pytest.raises(WireError):
        number_of(message.avps, base.ORIGIN_HOST)
    with pytest.raises(WireError):
        number_of(message.avps, base.RESULT_CODE)
    with pytest.raises(ValueError, match="32-bit"):
        avp(base.RESULT_CODE, 1 << 40)


def test_an_answer_keeps_identifiers_and_the_p_bit() -> None:
    """RFC 6733 §6.2."""
    request = Message(300, CX.id, 0xC0, (), 7, 8)
    answer = request.answer([avp(base.RESULT_CODE, base.SUCCESS)])
    assert (answer.flags, answer.hop_by_hop, answer.end_to_end, answer.application) == (0x40, 7, 8, CX.id)
    assert len(answer.to_bytes()) == HEADER_OCTETS + 12
    assert base.result_of(answer) == (base.SUCCESS, False)
