"""A P-CSCF of several workers, as programs on loopback: one dies, one answers for all."""

import asyncio
import os
import signal
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.interop.kills.fleet import Fleet, Phone
from tests.interop.kills.plan import Plan, address, ue_settings, write_files
from tests.interop.kills.shared import PartOf
from tests.interop.loopback_programs import MOVED, OWN, Running, programs_in
from tests.interop.worker_processes import replaced, workers_of

from twopair.backends.memory import MemoryBackend
from twopair.live.admin import ask
from twopair.live.config import UeFile
from twopair.live.ipsec import Ipsec
from twopair.live.ue import Ue
from twopair.live.workers.steering import place_of

pytestmark = pytest.mark.slow

HTTP = f"{OWN}0.1:9464"
UES = 200


def moved(text: str) -> str:
    for old, new in {**MOVED, "10.10.": OWN}.items():
        text = text.replace(old, new)
    return text


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with programs_in(tmp_path) as programs:
        plan = plan_of(2)
        write_files(plan, tmp_path)
        for name in ("home.toml", "pcscf.toml"):
            (tmp_path / name).write_text(moved((tmp_path / name).read_text()))
        programs.change("[node]", "[node]\nworkers = 2")
        programs.change("[admin]", f'[admin]\nhttp = "{HTTP}"')
        yield programs


def plan_of(ues: int, url: str = "sqlite:///kept.db") -> Plan:
    return Plan("memory", 1, ues, 11, messages_per_s=30, registrations_per_s=4, pause_s=2, url=url)


@asynccontextmanager
async def fleet_of(plan: Plan) -> AsyncIterator[tuple[Fleet, list[Phone]]]:
    """Its UEs, in this process."""
    ipsec = Ipsec(MemoryBackend(), None, lambda: None)
    async with AsyncExitStack() as opened:
        phones = []
        for number in range(plan.ues):
            tables = ue_settings(number, plan.backend)
            tables["gm"] = {
                key: moved(value) if isinstance(value, str) else value for key, value in tables["gm"].items()
            }
            part = ipsec._replace(backend=PartOf(ipsec.backend, number))
            ue = Ue(UeFile.model_validate(tables), answer_after_s=0.2, ipsec=part)
            phones.append(Phone(number, await opened.enter_async_context(ue)))
        yield Fleet(plan, phones), phones


def sets_of(running: Running) -> dict[str, tuple[int, list[int]]]:
    """By address: the worker, and the sets that are in use."""
    found = ask(running.folder / "sas.sock", "sas")
    return {
        ue["address"]: (ue["worker"], [one["id"] for one in ue["sets"] if one["stage"] != "old"])
        for ue in found
    }


def get(path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://{HTTP}/{path}", timeout=20) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def aside(call: Any, *words: Any) -> Any:
    """What waits, while the UEs go on."""
    return await asyncio.to_thread(call, *words)


@pytest.mark.timeout(400)
def test_two_hundred_ues_and_a_worker_that_is_killed(running: Running) -> None:
    """MGP-14: UEs of two workers call and write to each other; one worker dies twice under load."""
    plan = plan_of(UES)
    write_files(plan, running.folder)
    for name in ("home.toml", "pcscf.toml"):
        (running.folder / name).write_text(moved((running.folder / name).read_text()))
    running.change("[node]", "[node]\nworkers = 2")
    running.change("[admin]", f'[admin]\nhttp = "{HTTP}"')
    running.change("[ipsec]", "[limits]\nregister_rate = 100000\nregister_burst = 100000\n[ipsec]")
    running.serve("home")
    pcscf = running.serve("pcscf")

    async def day() -> None:
        async with fleet_of(plan) as (fleet, phones):
            await fleet.register()
            before = await aside(sets_of, running)
            expected = {moved(address(n)): place_of(moved(address(n)), 2) + 1 for n in range(UES)}
            assert {ue: worker for ue, (worker, _) in before.items()} == expected
            assert min(Counter(expected.values()).values()) > UES / 3
            await fleet.call()
            fleet.go()
            await asyncio.sleep(3)
            for _ in range(2):
                old = workers_of(pcscf.pid)[2]
                os.kill(old, signal.SIGKILL)
                assert get("ready")[0] == 503
                await aside(replaced, pcscf.pid, 2, old)
                await asyncio.sleep(5)
            await fleet.settle()
            await fleet.prove()
            fleet.look()
            faults = [f"{one.kind} {one.who}: {one.fault}" for one in fleet.attempts if one.fault]
            assert not [fault for fault in faults if "call set up" not in fault], faults
            assert not [news for phone in phones for news in phone.news]
            assert len(fleet.attempts) > 150
            assert set(await aside(sets_of, running)) == set(before)

    asyncio.run(day())
    running.logged("worker 2 was ended by SIGKILL")
    assert 'twopair_worker_starts_total{worker="2"} 3.0' in get("metrics")[1]
    assert f'twopair_subscribers{{state="registered"}} {UES}.0' in get("metrics")[1]
