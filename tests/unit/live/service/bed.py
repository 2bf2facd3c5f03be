"""A P-CSCF that serves, as its attendants see it, without sockets."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from twopair.backends.contract import Features
from twopair.backends.memory import MemoryBackend
from twopair.base import Suite
from twopair.live.config import PcscfFile, read
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.ipsec import Ipsec
from twopair.live.service.running import Running
from twopair.nodes.pcscf import Pcscf

LAB = Path(__file__).parents[4] / "examples/lab"


class Poor(MemoryBackend):
    """A back end that can do two suites."""

    @property
    def features(self) -> Features:
        return Features("poor", True, (Suite.parse("null/aes-gcm"), Suite.parse("hmac-sha-1-96/null")))


def on_running(folder: Path, test: Callable[[Running], Awaitable[None]]) -> None:
    """Do something with a P-CSCF whose list of algorithms is what `Poor` can do."""
    file = folder / "pcscf.toml"
    text = (LAB / "pcscf.toml").read_text()
    file.write_text(text.replace('"aes-gmac/null", "hmac-sha-1-96/aes-cbc", ', ""))

    async def within() -> None:
        settings, backend = read(file, PcscfFile), Poor()
        node = Pcscf(settings.config(), OsEntropy())
        ipsec = Ipsec(backend, None, lambda: None)
        async with asyncio.timeout(20):
            await test(Running(file, settings, node, Driver(node, backend), ipsec, None))

    asyncio.run(within())


def change(running: Running, old: str, new: str) -> None:
    """Write something else into its file."""
    text = running.file.read_text()
    assert old in text
    running.file.write_text(text.replace(old, new))
