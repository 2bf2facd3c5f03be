"""The messages of RFC 4475 as octets, from tests/vectors/data/sip_torture_4475.toml."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

_DATA: Final = Path(__file__).parents[2] / "data" / "sip_torture_4475.toml"
_MARK: Final = re.compile(rb"<hex ([0-9a-f]+)>|<([0-9]+) times ([^<>]*|<hex [0-9a-f]+>)>")


class Torture(NamedTuple):
    """One message, and what is asked of who receives it."""

    name: str
    section: str
    data: bytes
    parse: str
    check: int
    read: dict[str, str]
    fails: list[str]


def _octets(text: str) -> bytes:
    """The octets that the notation of the data file stands for."""

    def put(mark: re.Match[bytes]) -> bytes:
        if mark[1]:
            return bytes.fromhex(mark[1].decode())
        return _MARK.sub(put, mark[3]) * int(mark[2])

    return _MARK.sub(put, text.replace("\n", "\r\n").encode())


def _torture(entry: dict[str, Any]) -> Torture:
    assert entry["asked"]
    data = _octets(entry["text"])
    read, fails = entry.get("read", {}), entry.get("fails", [])
    return Torture(entry["name"], entry["section"], data, entry["parse"], entry.get("check", 0), read, fails)


MESSAGES: Final = [_torture(entry) for entry in tomllib.loads(_DATA.read_text())["message"]]
BY_NAME: Final = {message.name: message for message in MESSAGES}
