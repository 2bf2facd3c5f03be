"""UEs in one process, each a real node with its own sockets, ESP in user space; and their outcomes.

    python -m benchmarks.flood.phones UES SECONDS

They register, then "ready" is printed, and after a line on stdin each writes to the next one every two
seconds and registers again every ten. Prints one JSON object.
"""

import asyncio
import json
import sys
import time
from typing import Any, NamedTuple

from twopair.base import Endpoint, Impu, Port, Secret, Suite
from twopair.core.aka import AkaKeys, Card, CardProfile
from twopair.core.sa import SaSet
from twopair.live.driver import Driver
from twopair.live.entropy import OsEntropy
from twopair.live.ipsec import start_ipsec
from twopair.nodes.facts import MessageAnswered, Registered, RegistrationFailed
from twopair.nodes.ue import UeConfig, UserEquipment
from twopair.nodes.wishes import Register, SendMessage

DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
PCSCF = Endpoint("10.10.0.1", Port(5060))
KEYS = AkaKeys(
    Secret.from_hex("465b5ce8b199b49faa5f0a2ee238a6bc"),
    opc=Secret.from_hex("cd63cb71954a9f4e48a5994e37a02baf"),
)
WRITES_EVERY_S, REGISTERS_EVERY_S, PATIENCE_S = 2.0, 10.0, 30.0
_SETS_EACH = 1_000_000


def address_of(number: int) -> str:
    return f"10.10.1.{number}"


def imsi_of(number: int) -> str:
    return f"00101{number:010d}"


class Own:
    """A part of a back end that many nodes share: their names of sets begin anew at each."""

    def __init__(self, backend: Any, number: int) -> None:
        self._backend = backend
        self._first = number * _SETS_EACH

    def install(self, sa_set: SaSet) -> None:
        self._backend.install(sa_set._replace(set_id=sa_set.set_id + self._first))

    def remove(self, set_id: int) -> None:
        self._backend.remove(set_id + self._first)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class Took(NamedTuple):
    """What came of one wish: whether it was well, and after how many seconds."""

    well: bool
    seconds: float


class Phone:
    """One UE, and the outcomes of what it was asked to do."""

    def __init__(self, number: int, others: int, ipsec: Any) -> None:
        config = UeConfig(address_of(number), PCSCF, suites=(Suite("null", "aes-gcm"),), retries=False)
        card = Card(CardProfile.from_imsi(imsi_of(number), KEYS))
        node = UserEquipment(config, card, OsEntropy())
        self.driver = Driver(node, Own(ipsec.backend, number), guard=ipsec.guard)  # type: ignore[arg-type]
        self.driver.listen(self._hear)
        self.driver.start()
        self.whom = Impu(f"sip:{imsi_of(number % others + 1)}@{DOMAIN}")
        self.messages: list[Took] = []
        self.registrations: list[Took] = []
        self._waiting: dict[type, asyncio.Future[bool]] = {}

    def _hear(self, fact: object) -> None:
        if isinstance(fact, MessageAnswered):
            self._came(SendMessage, well=fact.status == 200)
        elif isinstance(fact, Registered | RegistrationFailed):
            self._came(Register, well=isinstance(fact, Registered))

    def _came(self, wish: type, *, well: bool) -> None:
        waiting = self._waiting.pop(wish, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(well)

    async def asks(self, wish: Register | SendMessage) -> Took:
        """Have it do something, and wait until it is known what came of it."""
        begin = time.monotonic()
        self._waiting[type(wish)] = asyncio.get_running_loop().create_future()
        self.driver.feed(wish)
        try:
            well = await asyncio.wait_for(self._waiting[type(wish)], PATIENCE_S)
        except TimeoutError:
            well = False
        return Took(well, time.monotonic() - begin)

    async def writes(self, until: float) -> None:
        while time.monotonic() < until:
            begin = time.monotonic()
            self.messages.append(await self.asks(SendMessage(self.whom, b"x" * 100)))
            await asyncio.sleep(max(0.0, begin + WRITES_EVERY_S - time.monotonic()))

    async def registers(self, until: float) -> None:
        while time.monotonic() < until:
            begin = time.monotonic()
            self.registrations.append(await self.asks(Register()))
            await asyncio.sleep(max(0.0, begin + REGISTERS_EVERY_S - time.monotonic()))


def outcome(name: str, took: list[Took]) -> dict[str, float]:
    """How many there were, how many went well, and how long they took."""
    seconds = sorted(one.seconds for one in took) or [0.0]
    return {
        name: len(took),
        f"{name}_well": sum(one.well for one in took),
        f"{name}_median_s": round(seconds[len(seconds) // 2], 4),
        f"{name}_slowest_s": round(seconds[-1], 3),
    }


async def day(ues: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    ipsec = start_ipsec("userspace", mtu=1500, loop=loop)
    phones = [Phone(number, ues, ipsec) for number in range(1, ues + 1)]
    try:
        for phone in phones:
            if not (await phone.asks(Register())).well:
                raise SystemExit("a UE cannot register before there is a flood")
        print("ready", flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)
        until = time.monotonic() + seconds
        begun = []
        for number, phone in enumerate(phones):
            begun += [loop.create_task(phone.writes(until)), loop.create_task(phone.registers(until))]
            if number % 5 == 0:
                await asyncio.sleep(WRITES_EVERY_S * 5 / ues)
        await asyncio.gather(*begun)
        told = outcome("messages", [one for phone in phones for one in phone.messages])
        told |= outcome("registrations", [one for phone in phones for one in phone.registrations])
        print(json.dumps(told), flush=True)
    finally:
        for phone in phones:
            phone.driver.stop()
        ipsec.close()


def main() -> None:
    asyncio.run(day(int(sys.argv[1]), float(sys.argv[2])))


if __name__ == "__main__":
    main()
