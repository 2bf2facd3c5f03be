"""The ng protocol of rtpengine as octets: a cookie, a blank, an object in JSON."""

import json
from collections.abc import Mapping
from typing import Final

from twopair.base import WireError
from twopair.nodes.media import AnchorMedia, LetMediaGo, Side

LONGEST: Final = 65_507
"""Octets that a datagram can carry."""

_WORDS: Final = {False: "IP4", True: "IP6"}


def command(asked: AnchorMedia | LetMediaGo, interfaces: Mapping[Side, str]) -> dict[str, object]:
    """What is asked, in the words of the protocol.

    Args:
        asked: offer, answer or end.
        interfaces: names that the relay has for the two sides.
    """
    if isinstance(asked, LetMediaGo):
        return {"command": "delete", "call-id": asked.call, "from-tag": asked.offerer}
    way = [interfaces[asked.source], interfaces[asked.source.other]]
    said: dict[str, object] = {
        "command": "answer" if asked.answer else "offer",
        "call-id": asked.call,
        "from-tag": asked.offerer,
        "sdp": asked.sdp.decode("utf-8", "surrogateescape"),
        "replace": ["origin"],
        "direction": way,
        "address-family": _WORDS[asked.ipv6],
    }
    if asked.answerer:
        said["to-tag"] = asked.answerer
    return said


def encode(cookie: str, said: Mapping[str, object]) -> bytes:
    """A datagram.

    Raises:
        WireError: it would be too long for one.
    """
    data = f"{cookie} {json.dumps(said)}".encode()
    if len(data) > LONGEST:
        raise WireError("longer than a datagram", LONGEST, "ng protocol")
    return data


def decode(data: bytes) -> tuple[str, Mapping[str, object]]:
    """Cookie and object of an answer.

    Raises:
        WireError: it is none.
    """
    cookie, blank, text = data.partition(b" ")
    try:
        said = json.loads(text)
        name = cookie.decode("ascii")
    except (ValueError, RecursionError):
        raise WireError("no answer of the ng protocol", len(cookie), "ng protocol") from None
    if not blank or not isinstance(said, dict):
        raise WireError("no answer of the ng protocol", len(cookie), "ng protocol")
    return name, said


def description(said: Mapping[str, object]) -> bytes:
    """The description in an answer.

    Raises:
        WireError: the relay refused, with its reason.
    """
    sdp = said.get("sdp")
    if said.get("result") != "ok" or not isinstance(sdp, str):
        raise WireError(str(said.get("error-reason") or "no description"), 0, "ng protocol")
    return sdp.encode("utf-8", "surrogateescape")
