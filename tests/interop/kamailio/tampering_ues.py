"""A program: UEs at once, each of which changes one thing in its SM7; prints what came of each, one a line.

What a P-CSCF sees is what it would see had somebody in the middle changed SM1 or SM6.

    python tampering_ues.py PATIENCE_S FILE=ALTERATION…
"""

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from twopair.live.ue import NotRegistered, Ue
from twopair.nodes.ue import requests
from twopair.nodes.ue.gm import Gm
from twopair.wire.sip import Request


def number(parameter: str) -> Callable[[str], str]:
    """The same with another SPI or port."""
    return lambda text: re.sub(rf"{parameter}=(\d+)", lambda m: f"{parameter}={int(m[1]) + 1}", text)


def suite(text: str) -> str:
    """The same with another algorithm, as if a better one had been left out."""
    return text.replace("hmac-sha-1-96", "hmac-md5-96")


def encryption(text: str) -> str:
    """The same with no encryption instead of some, or the other way round."""
    return re.sub(r"ealg=([a-z0-9-]+)", lambda m: f"ealg={'aes-cbc' if m[1] == 'null' else 'null'}", text)


HEADERS: Final = ("Security-Client", "Security-Verify")
CHANGES: Final[dict[str, Callable[[str], str]]] = {
    **{name: number(name) for name in ("spi-c", "spi-s", "port-c", "port-s")},
    "alg": suite,
    "ealg": encryption,
    "absent": lambda _text: "",
}
ALTERATIONS: Final = [f"{header} {change}" for header in HEADERS for change in CHANGES]
"""Fourteen: each of the two header fields with each change."""


def alter(request: Request, alteration: str) -> None:
    """Change a request in place."""
    header, change = alteration.split()
    lines = [CHANGES[change](line) for line in request.get_all(header)]
    assert lines != request.get_all(header), "it would change nothing"
    request.remove(header)
    for line in reversed([line for line in lines if line]):
        request.push(header, line)


def tampering(alterations: dict[str, str]) -> None:
    """Have each UE, by its address, alter every REGISTER that has Security-Verify."""
    sound = requests.register

    def register(gm: Gm, *arguments: object) -> Request:
        request = sound(gm, *arguments)  # type: ignore[arg-type]
        if request.get("Security-Verify") is not None:
            alter(request, alterations[gm.config.address])
        return request

    requests.register = register  # type: ignore[assignment]


async def outcome(file: Path, patience_s: float) -> str:
    """How a registration ended."""
    try:
        async with Ue.from_file(file, retries=False) as ue:
            await ue.register(patience_s)
    except NotRegistered as failure:
        return str(failure)
    except TimeoutError:
        return "no answer"
    return "registered"


async def main(patience_s: float, pairs: list[str]) -> None:
    """All of them."""
    files = [(Path(file), alteration) for file, _, alteration in (pair.partition("=") for pair in pairs)]
    address = re.compile(r'(?m)^address = "(.+)"')
    found = [(address.search(file.read_text()), alteration) for file, alteration in files]
    tampering({match[1]: alteration for match, alteration in found if match})
    outcomes = await asyncio.gather(*(outcome(file, patience_s) for file, _ in files))
    for (_, alteration), ended in zip(files, outcomes, strict=True):
        print(f"{alteration}: {ended}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), sys.argv[2:]))
