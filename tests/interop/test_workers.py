"""A P-CSCF of several workers, as programs on loopback: one dies, one answers for all."""

import asyncio
import os
import signal
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.interop.kills.attempts import Kill, losses
from tests.interop.kills.fleet import Fleet, Phone
from tests.interop.kills.plan import Plan, address, ue_settings, write_files
from tests.interop.kills.shared import PartOf
from tests.interop.loopback_programs import MOVED, OWN, Running, line, programs_in
from tests.interop.worker_processes import replaced, workers_of

from twopair.backends.memory import MemoryBackend
from twopair.live.admin import ask
from twopair.live.config import UeFile
from twopair.live.ipsec import Ipsec
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.ue import Ue
from twopair.live.workers.steering import place_of

pytestmark = pytest.mark.slow

HTTP = f"{OWN}0.1:9464"
UES = int(os.environ.get("TWOPAIR_UES", "60"))
"""``make workers`` has 200."""


def moved(text: str) -> str:
    for old, new in {**MOVED, "10.10.": OWN}.items():
        text = text.replace(old, new)
    return text


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with programs_in(tmp_path) as programs:
        yield programs


def write(running: Running, plan: Plan, more: str = "") -> None:
    """Files for the UEs of a plan, on loopback."""
    write_files(plan, running.folder)
    for name in ("home.toml", "pcscf.toml"):
        (running.folder / name).write_text(moved((running.folder / name).read_text()))
    running.change("[node]", "[node]\nworkers = 2")
    running.change("[admin]", f'[admin]\nhttp = "{HTTP}"{more}')
    running.change("[ipsec]", "[limits]\nregister_rate = 100000\nregister_burst = 100000\n[ipsec]")


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


@pytest.mark.lab  # it waits most of the time
@pytest.mark.timeout(300)
def test_ues_of_two_workers_and_one_that_is_killed(running: Running) -> None:
    """MGP-14: UEs of two workers call and write to each other; one worker dies twice under load."""
    plan = plan_of(UES)
    write(running, plan)
    running.serve("home")
    pcscf = running.serve("pcscf")
    kills: list[Kill] = []

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
                killed = time.monotonic()
                os.kill(old, signal.SIGKILL)
                assert get("ready")[0] == 503
                await aside(replaced, pcscf.pid, 2, old)
                await aside(ready, 200)
                kills.append(Kill(killed, time.monotonic()))
                await asyncio.sleep(5)
            await fleet.settle(kills)
            await fleet.prove()
            fleet.look()
            assert losses(fleet.attempts, kills) == []
            assert not [news for phone in phones for news in phone.news]
            assert len(fleet.attempts) > 150
            assert set(await aside(sets_of, running)) == set(before)

    asyncio.run(day())
    running.logged("worker 2 was ended by SIGKILL")
    assert 'twopair_worker_starts_total{worker="2"} 3.0' in get("metrics")[1]
    assert f'twopair_subscribers{{state="registered"}} {UES}.0' in get("metrics")[1]


def ready(status: int, within_s: float = 60) -> None:
    """Wait until /ready says so."""
    over = time.monotonic() + within_s
    while get("ready")[0] != status:
        assert time.monotonic() < over
        time.sleep(0.1)


def asked_until_it_says_no(place: Path) -> None:
    for _ in range(100):  # until the end of a worker is known
        try:
            ask(place, "sas")
        except PrerequisiteMissing as error:
            if "the answer ended early" not in str(error):  # it was killed while it was asked
                raise


def test_what_is_asked_while_one_is_down(running: Running) -> None:
    """An answer of some of them is not given for that of all; who is registered elsewhere notices nothing."""
    write(running, plan_of(2))
    running.serve("home")
    pcscf = running.serve("pcscf")
    place = running.folder / "sas.sock"
    assert ask(place, "sas") == []
    old = workers_of(pcscf.pid)[2]
    os.kill(old, signal.SIGKILL)
    with pytest.raises(PrerequisiteMissing, match="worker 2 cannot be asked, and starts"):
        asked_until_it_says_no(place)
    replaced(pcscf.pid, 2, old)
    ready(200)
    assert ask(place, "sas") == []
    assert ask(place, "explain", "nobody@x")["cause"] == "never-heard"


def test_all_drain_and_end(running: Running) -> None:
    """SIGTERM goes to all; whoever has nothing under way ends (`admin.drain_s`)."""
    write(running, plan_of(2), "\ndrain_s = 60")
    running.serve("home")
    pcscf = running.serve("pcscf")
    pids = workers_of(pcscf.pid).values()
    pcscf.send_signal(signal.SIGHUP)
    for number in (1, 2):
        running.logged(f"worker {number}: SIGHUP: pcscf.toml: nothing has changed")
    pcscf.send_signal(signal.SIGTERM)
    assert pcscf.wait(20) == 0
    for number in (1, 2):
        running.logged(f"worker {number}: no new registrations; requests under way: 0")
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_workers_end_with_who_has_started_them(running: Running) -> None:
    """Nobody is left who holds ports and store: another start goes on with them."""
    write(running, plan_of(2))
    running.serve("home")
    pcscf = running.serve("pcscf")
    pids = workers_of(pcscf.pid).values()
    assert len(pids) == 2
    pcscf.kill()
    pcscf.wait()
    over = time.monotonic() + 20
    while [pid for pid in pids if Path(f"/proc/{pid}").exists()] and time.monotonic() < over:
        time.sleep(0.05)
    assert line(running.start("pcscf", "-c", "pcscf.toml")).endswith("2 workers\n")


@pytest.mark.parametrize(
    ("old", "new", "status", "words"),
    [
        ("workers = 2", "workers = 3", 2, "node.workers = 3: what store.url has was kept by 2"),
        ("workers = 2", "workers = 1", 2, "node.workers = 1: what store.url has was kept by 2"),
        ("[gm]", "[gm]#", 3, "gm.port_pc = 5064: another program has it"),
    ],
)
def test_what_is_refused_is_said_once(old: str, new: str, status: int, words: str, running: Running) -> None:
    write(running, plan_of(2))
    running.serve("home")
    pcscf = running.serve("pcscf")
    if status == 2:
        pcscf.send_signal(signal.SIGTERM)
        assert pcscf.wait(20) == 0
    running.change(old, new)
    refused = running.start("pcscf", "-c", "pcscf.toml")
    assert refused.wait(30) == status
    said = (running.folder / "pcscf.log").read_text()
    assert said.count(words) == 1, said
    assert "Traceback" not in said
