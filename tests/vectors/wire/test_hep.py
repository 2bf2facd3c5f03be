"""The example packet of the HEP3 specification, octet by octet."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from twopair.base import Endpoint, Micros, Port
from twopair.wire.hep import Hep, encode

FILE = Path(__file__).parents[1] / "data/hep3.toml"
PACKETS = tomllib.loads(FILE.read_text())["packet"]


def endpoint(text: str) -> Endpoint:
    address, _, port = text.partition(":")
    return Endpoint(address, Port(int(port)))


@pytest.mark.parametrize("packet", PACKETS, ids=lambda packet: packet["payload"])
def test_octets(packet: dict[str, Any]) -> None:
    hep = Hep(
        packet["protocol"],
        endpoint(packet["src"]),
        endpoint(packet["dst"]),
        Micros(packet["at"]),
        packet["payload"].encode(),
        packet["capture_id"],
    )
    assert encode(hep) == bytes.fromhex(packet["octets"])
