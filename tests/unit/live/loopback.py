"""A P-CSCF, a home network and UEs in this process, on loopback; nothing is encrypted (back end memory)."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from twopair.backends.memory import MemoryBackend
from twopair.base import Endpoint, Port
from twopair.live.config import UeFile
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.lab.plan import usual
from twopair.live.ue import Happening, Ue
from twopair.nodes.homenet import HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf

K, OPC = "465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"


def address(number: int) -> str:
    """An address of loopback that no other process of the tests has."""
    pid = os.getpid()
    return f"127.{64 + pid % 64}.{pid // 64 % 256}.{number}"


PCSCF, CORE, HOME = 1, 2, 3
DOMAIN = usual().home.domain


def user(number: int) -> str:
    """The public identity of a UE."""
    return f"sip:ue{number}@{DOMAIN}"


class Loopback:
    """The network; UEs join it by `ue`.

    Args:
        of_home: what the configuration of its home network has otherwise.
    """

    def __init__(self, **of_home: Any) -> None:
        plan = usual()
        core = Endpoint(address(CORE), Port(5060))
        home = replace(plan.home, address=address(HOME), **of_home)
        pcscf = replace(plan.pcscf, gm_addresses=(address(PCSCF),), core=core, registrar=home.core)
        self.home = Driver(HomeNetwork(home, MemoryStore(plan.subscribers), OsEntropy()), MemoryBackend())
        self.pcscf = Driver(Pcscf(pcscf, OsEntropy()), MemoryBackend())

    async def __aenter__(self) -> Self:
        for driver in (self.home, self.pcscf):
            driver.start()
            assert not driver.failures
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for driver in (self.pcscf, self.home):
            driver.stop()

    def ue(self, number: int, *, k: str = K, answer_after_s: float | None = None, **gm: Any) -> Ue:
        """A UE that is not started yet; keywords go into table [gm] of its file."""
        return Ue(settings(number, k=k, **gm), answer_after_s=answer_after_s, retries=False)


def settings(
    number: int, *, k: str = K, instance: str = "", flow: Sequence[dict[str, Any]] = (), **gm: Any
) -> UeFile:
    """Content of the file of a UE; `flow` are its tables of that name."""
    identity = {"imsi": f"00101{number:010d}", "k": k, "opc": OPC, "instance": instance}
    places = {"address": address(10 + number), "pcscf": f"{address(PCSCF)}:5060"}
    ipsec = {"backend": "memory"}
    return UeFile.model_validate(
        {"identity": identity, "gm": places | gm, "flow": list(flow), "ipsec": ipsec}
    )


def on_loopback(body: Callable[[Loopback], Awaitable[None]], **of_home: Any) -> None:
    """Run a test in such a network, at most 20 s."""

    async def within() -> None:
        async with Loopback(**of_home) as net, asyncio.timeout(20):
            await body(net)

    asyncio.run(within())


async def next_of(ue: Ue, *kinds: type) -> Happening:
    """The next event of one of these kinds; others are let go."""
    while not isinstance(event := await ue.events.get(), kinds):
        pass
    return event
