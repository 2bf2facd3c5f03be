"""The ng protocol as octets."""

import json

import pytest

from twopair.base import WireError
from twopair.live.media.ng import command, decode, description, encode
from twopair.nodes.media import AnchorMedia, LetMediaGo, Side

NAMES = {Side.GM: "access", Side.CORE: "inside"}
OFFER = AnchorMedia(1, "call", "a", "", False, Side.GM, False, b"v=0\r\n\xff")


def test_an_offer_of_the_ue() -> None:
    assert command(OFFER, NAMES) == {
        "command": "offer",
        "call-id": "call",
        "from-tag": "a",
        "sdp": "v=0\r\n\udcff",
        "replace": ["origin"],
        "direction": ["access", "inside"],
        "address-family": "IP4",
    }


def test_an_answer_of_the_core_to_a_ue_with_ipv6() -> None:
    said = command(AnchorMedia(2, "call", "a", "b", True, Side.CORE, True, b"v=0"), NAMES)
    assert (said["command"], said["from-tag"], said["to-tag"]) == ("answer", "a", "b")
    assert (said["direction"], said["address-family"]) == (["inside", "access"], "IP6")


def test_the_end_of_a_call() -> None:
    assert command(LetMediaGo("call", "a"), NAMES) == {
        "command": "delete",
        "call-id": "call",
        "from-tag": "a",
    }


def test_there_and_back() -> None:
    """Octets that are no UTF-8 cross unharmed, as an answer brings them."""
    cookie, said = decode(encode("c1", command(OFFER, NAMES)))
    assert (cookie, description({**said, "result": "ok"})) == ("c1", OFFER.sdp)


def test_longer_than_a_datagram() -> None:
    with pytest.raises(WireError, match="longer"):
        encode("c1", {"sdp": "x" * 65_536})


@pytest.mark.parametrize(
    "data", [b"", b"c1", b"c1 ", b"c1 []", b"c1 {", b"c1 " + b"[" * 9_999, b"\xff {}", b"{}"]
)
def test_what_is_no_answer(data: bytes) -> None:
    with pytest.raises(WireError):
        decode(data)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"result": "error", "error-reason": "Unknown call-id"}, "Unknown call-id"),
        ({"result": "ok"}, "no description"),
        ({"result": "ok", "sdp": 1}, "no description"),
        ({}, "no description"),
    ],
)
def test_refusals(said: dict[str, object], why: str) -> None:
    with pytest.raises(WireError, match=why):
        description(json.loads(json.dumps(said)))
