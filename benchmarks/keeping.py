"""What it costs a P-CSCF to keep what it knows, and how long its successor takes to be ready (MGP-14).

The cost for each registration stands beside that of its work in the node and of its SA set, each change kept
where it comes; sockets and ESP would come on top of that work. Then the program is started on what a
predecessor has left behind, in SQLite and in Redis, with ESP in user space: from its first instruction to its
ready line. One table, with the goals.

    python -m benchmarks.keeping [UES [RECALLED]]
"""

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time, thread_time
from typing import Final, NamedTuple

from tests.unit.nodes.pcscf.bed import Bed, Ue, config

from benchmarks.kept_store import Took, configured, left_behind, many, own_network, redis_server, started
from benchmarks.machine import machine_line
from benchmarks.pcscf_node import Meter, register, settle
from benchmarks.rounds import Spread
from twopair.backends.userspace.engine import Engine
from twopair.backends.userspace.ledger import FileLedger
from twopair.core.registration.kept import Forget, Keep, KeptRegistration, Recalled
from twopair.core.sa import End
from twopair.live.collector import collect_nothing, spare_what_stays
from twopair.live.config import PcscfFile, read
from twopair.live.entropy import OsEntropy
from twopair.live.keeping.kept import Kept
from twopair.live.keeping.opened import places
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.nodes.pcscf import Pcscf
from twopair.stores.sqlite import SqliteStore
from twopair.wire import ip

STARTS: Final = 3
FIRST_PACKETS: Final = 500


class Row(NamedTuple):
    """A line of the table.

    Args:
        what: that was measured.
        figure: in words.
        goal: in words, empty where there is none.
    """

    what: str
    figure: str
    goal: str = ""


def opened(folder: Path) -> tuple[Kept, SqliteStore]:
    store = SqliteStore(folder / "kept.db")
    return Kept(store, folder / "kept.journal", folder / "kept.key"), store


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def cost(count: int, last: list[KeptRegistration]) -> Iterator[Row]:
    """What keeping costs for each registration, as they come; puts a value that was kept into `last`."""
    bed = Bed()
    meter = Meter(bed)
    said: list[Keep | Forget] = []
    feed = bed.pcscf.feed

    def noting(event, now):  # type: ignore[no-untyped-def]
        actions = feed(event, now)
        said.extend(action for action in actions if isinstance(action, Keep | Forget))
        return actions

    bed.pcscf.feed = noting  # type: ignore[method-assign]
    node, own, install = [], 0.0, 0.0
    with TemporaryDirectory() as folder:
        engine = Engine(OsEntropy(), ledger=FileLedger(Path(folder) / "counters"))
        kept, store = opened(Path(folder))
        all_begun, main_begun = process_time(), thread_time()
        for number in range(count):
            node.append(register(meter, Ue(number), again=False))
            own += keep(kept, said)
            install += installed(engine, said)
            last[:] = [action.value for action in said if isinstance(action, Keep)][-1:] or last
            said.clear()
            if number % 500 == 499:
                settle(bed)
        kept.close()
        writer = process_time() - all_begun - (thread_time() - main_begun)
        store.close()
        octets = size_of(Path(folder)) / count
    node_us, own_us, writer_us = median(node), own / count * 1e6, writer / count * 1e6
    install_us = install / count * 1e6
    all_us, both_us = node_us + install_us, own_us + writer_us
    yield Row("a registration: node + its SA set, CPU", f"{node_us:.0f} + {install_us:.0f} µs")
    yield Row("  keeping it, on the event loop", f"{own_us:.0f} µs, {own_us / all_us:.0%}", "15 %")
    yield Row("  keeping it, with the writer's thread", f"{both_us:.0f} µs, {both_us / all_us:.0%}", "15 %")
    yield Row("  on disk", f"{octets:,.0f} octets", "2,048 octets")


def keep(kept: Kept, said: list[Keep | Forget]) -> float:
    """Seconds of this thread until it is handed over."""
    begun = thread_time()
    for action in said:
        if isinstance(action, Keep):
            kept.keep(action.key, action.value)
        else:
            kept.forget(action.key)
    return thread_time() - begun


def installed(engine: Engine, said: list[Keep | Forget]) -> float:
    """Seconds of this thread until the set that was kept first stands in the user-space engine."""
    begun = thread_time()
    for action in said[:1]:
        if isinstance(action, Keep):
            engine.install(action.value.sets[0].sa_set)
    return thread_time() - begun


def start(store: str, goal: str, took: list[Took], count: int) -> Iterator[Row]:
    """From the program's first instruction to its ready line."""
    wall, cpu = (Spread.of(times) for times in ([one.wall_s for one in took], [one.cpu_s for one in took]))
    resident = median(one.resident for one in took)
    yield Row(f"start to ready, {count:,} UEs in {store}, wall", f"{wall:.1f} s", goal)
    yield Row("  CPU", f"{cpu:.1f} s", goal)
    yield Row("  in memory, each", f"{resident / max(count, 1) / 1000:.1f} kB")


def starts(one: KeptRegistration, count: int) -> Iterator[Row]:
    """The program on both stores; on an empty one first, which is the interpreter and the imports."""
    try:
        with TemporaryDirectory() as name, own_network(), redis_server(Path(name)) as redis:
            folder = Path(name)
            file = configured(folder, "sqlite:///kept.db")
            empty = Spread.of(started(file).cpu_s for _ in range(STARTS))
            yield Row("start to ready, nothing kept, CPU", f"{empty:.1f} s")
            store = SqliteStore(folder / "kept.db")
            left_behind(file, store, one, count)
            store.close()
            yield from start("SQLite", "5 s", [started(file) for _ in range(STARTS)], count)
            if redis is not None:
                yield from from_redis(folder, redis, one, count)
    except PrerequisiteMissing as lack:
        yield Row("start to ready", f"not measured: {lack}", "5 s")


def from_redis(folder: Path, url: str, one: KeptRegistration, count: int) -> Iterator[Row]:
    """The same, with the counters and the keys of the first."""
    from twopair.stores.redis import RedisStore  # noqa: PLC0415  an extra

    file = configured(folder, url)
    store = RedisStore(f"unix://{folder}/redis.sock", config().name)
    left_behind(file, store, one, count)
    store.close()
    yield from start("Redis", "10 s", [started(file) for _ in range(STARTS)], count)


def parts(one: KeptRegistration, count: int) -> Iterator[Row]:
    """The steps of a start, in this process; then the first packet of some UEs, and their second."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        file = configured(folder, "sqlite:///kept.db")
        store = SqliteStore(folder / "kept.db")
        left_behind(file, store, one, count)
        store.close()
        node = Pcscf(config(), OsEntropy())
        collect_nothing()
        clock = [process_time()]
        kept, store = opened(folder)
        clock.append(process_time())
        engine = Engine(OsEntropy(), ledger=FileLedger(places(file, read(file, PcscfFile)).counters))
        standing = engine.adopt(kept.sets())
        clock.append(process_time())
        values = kept.take_up(standing)
        node.feed(Recalled(values), type(values[0].sets[0].expires_at)(0))
        clock.append(process_time())
        spare_what_stays()
        assert len(node.kept()) == count
        kept.close()
        store.close()
    reading, sets, recall = ((after - before) for before, after in pairwise(clock))
    yield Row("  of it: read, SA sets, node; CPU", f"{reading:.1f} + {sets:.1f} + {recall:.1f} s")
    first, second = packets(engine, one, min(count, FIRST_PACKETS))
    yield Row("a UE's first packet after it, CPU", f"{first:.0f} µs; the next {second:.0f} µs")


def packets(engine: Engine, one: KeptRegistration, count: int) -> tuple[float, float]:
    """Microseconds until a packet of a UE is opened: of the first that comes over its set, and the second."""
    came = []
    for value in many(one, count):
        sa_set = value.sets[0].sa_set
        ue = Engine(OsEntropy())
        ue.install(sa_set._replace(end=End.UE))
        clear = ip.udp_datagram(sa_set.ue, sa_set.ports.uc, sa_set.pcscf, sa_set.ports.ps, bytes(800))
        sent = [ue.from_host(clear)[0] for _ in range(9)]
        came.append(sent[-2:])  # of a UE that has sent some already
    times: list[list[float]] = [[], []]
    for both in came:
        for kind, packet in enumerate(both):
            begun = thread_time()
            assert engine.from_wire(packet), "it is opened"
            times[kind].append((thread_time() - begun) * 1e6)
    return median(times[0]), median(times[1])


def table(rows: Iterator[Row]) -> None:
    """Print lines as they come."""
    print(f"{'':46} {'measured':34} goal")
    for row in rows:
        print(f"{row.what:46} {row.figure:34} {row.goal}".rstrip(), flush=True)


def main(count: int, recalled: int) -> None:
    """The whole table."""
    last: list[KeptRegistration] = []

    def rows() -> Iterator[Row]:
        yield from cost(count, last)
        yield from starts(last[0], recalled)
        yield from parts(last[0], recalled)

    table(rows())


if __name__ == "__main__":
    print(machine_line())
    spare_what_stays()
    main(*map(int, [*sys.argv[1:3], *("3000", "100000")[len(sys.argv) - 1 :]]))
