"""A P-CSCF on the bench that is watched, and somebody who asks over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.unit.live.admin.test_sas import Served
from tests.unit.live.doubles import free_endpoint

from twopair.base import Endpoint, Report
from twopair.live.config import PcscfFile, read
from twopair.live.driver import Driver
from twopair.live.http.fronting import fronting
from twopair.live.http.watching import watching
from twopair.live.ipsec import Ipsec
from twopair.live.keeping.writer import Lag
from twopair.live.service.running import Running

FINE = Lag(0, 0.0, 0.0, "", 10, 0, 0, 0)
FILE = """
[node]
name = "{name}"
visited_network = "v"
[gm]
addresses = ["127.0.0.1"]
[core]
address = "127.0.0.2"
registrar = "127.0.0.3:5060"
[admin]
http = "{place}"
"""


class Store:
    """Something whose lag is what the test says."""

    def __init__(self, lag: Lag = FINE) -> None:
        self.behind = lag

    def lag(self) -> Lag:
        return self.behind


class Answer(NamedTuple):
    """What came over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def values(self) -> Any:
        return json.loads(self.body)


class Heard(Served):
    """Its facts go to whoever listens at the driver."""

    driver: Driver | None = None

    def feed(self, event: object) -> list[object]:
        done = super().feed(event)
        for action in done:
            if isinstance(action, Report) and self.driver is not None:
                self.driver._report(action)
        return done


def running(folder: Path, bed: Served, store: Store | None = None, **words: object) -> Running:
    """A P-CSCF as those who attend to it see it; nothing of it is bound."""
    file = folder / "pcscf.toml"
    file.write_text(FILE.format(**{"name": "p.example", "place": free_endpoint(), **words}))
    driver = Driver(bed.pcscf, bed.backend)
    if isinstance(bed, Heard):
        bed.driver = driver
    ipsec = Ipsec(bed.backend, None, lambda: None)
    return Running(file, read(file, PcscfFile), bed.pcscf, driver, ipsec, store)  # type: ignore[arg-type]


@asynccontextmanager
async def watched(
    folder: Path, bed: Served, store: Store | None = None, **words: object
) -> AsyncIterator[Running]:
    """The same, watched over HTTP."""
    found = running(folder, bed, store, **words)
    async with fronting(found.file, found.settings, lambda: "standby: other serves") as front:
        found.front = front
        async with watching(found):
            yield found


async def ask(of: Running, path: str, method: str = "GET", **headers: str) -> Answer:
    """One question on a connection of its own."""
    place = of.settings.admin.http
    assert place is not None
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *(f"{name}: {v}" for name, v in headers.items()), "", ""]
    return answer(await said(place, "\r\n".join(lines).encode()))


async def said(place: Endpoint, octets: bytes) -> bytes:
    """All that comes back until the connection ends."""
    reader, writer = await asyncio.open_connection(*place)
    try:
        writer.write(octets)
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def answer(octets: bytes) -> Answer:
    head, _, body = octets.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), headers, body)
