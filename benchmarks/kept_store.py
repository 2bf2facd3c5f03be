"""A store with many registrations, as a P-CSCF leaves it behind, and the program that is started on it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from twopair.backends.userspace.ledger import FileLedger
from twopair.backends.userspace.routes import with_netlink
from twopair.base import Impi, Port, Spi
from twopair.core.registration.kept import KeptRegistration
from twopair.live.config import PcscfFile, read
from twopair.live.keeping.codec import Codec
from twopair.live.keeping.kept import time_of_day
from twopair.live.keeping.keys import ring_in
from twopair.live.keeping.opened import places
from twopair.live.lab.namespace import Namespace
from twopair.stores.contract import Store

LAB: Final = Path(__file__).parents[1] / "examples/lab/pcscf.toml"
PROGRAM: Final = (sys.executable, "-c", "from twopair.cli.main import run; run()")
OURS: Final = ("10.10.0.1", "10.20.0.1")
_PORTION: Final = 1_000
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


class Took(NamedTuple):
    """What a start took, from the program's first instruction to its ready line.

    Args:
        wall_s: on the clock.
        cpu_s: of all its threads.
        resident: octets in memory.
    """

    wall_s: float
    cpu_s: float
    resident: int


def many(one: KeptRegistration, count: int) -> Iterator[KeptRegistration]:
    """That many like one, each of an IMPI and at an address of its own."""
    [kept] = one.sets
    old = kept.sa_set
    for n in range(count):
        sa_set = old._replace(
            set_id=n + 1,
            impi=Impi(f"{n:015d}@ims.test"),
            ue=f"10.{64 + (n >> 16)}.{n >> 8 & 255}.{n & 255}",
            ports=old.ports._replace(uc=Port(20_000)),
            spis=old.spis._replace(pc=Spi(2**20 + 2 * n), ps=Spi(2**20 + 2 * n + 1)),
        )
        sets = (kept._replace(sa_set=sa_set),)
        yield one._replace(impi=sa_set.impi, token=f"{n:016x}", latest=n + 1, sets=sets)


def left_behind(file: Path, store: Store, one: KeptRegistration, count: int) -> None:
    """Put that many registrations, and the counters of their SAs, where a P-CSCF with this file looks."""
    where = places(file, read(file, PcscfFile))
    codec, ledger = Codec(ring_in(where.key_file), time_of_day), FileLedger(where.counters)
    values = many(one, count)
    while portion := list(islice(values, _PORTION)):
        store.write({value.token: codec.encode(value) for value in portion})
        for value in portion:
            ledger.begin(value.sets[0].sa_set.set_id, (7, 7, 7, 7))


def configured(folder: Path, url: str) -> Path:
    """A configuration with that store."""
    file = folder / "pcscf.toml"
    file.write_text(f'{LAB.read_text()}\n[store]\nurl = "{url}"\nkey_file = "kept.key"\n')
    return file


def started(file: Path) -> Took:
    """Start the program, in the network namespace that this thread is in, and end it at its ready line."""
    begun = time.perf_counter()
    words = [*PROGRAM, "pcscf", "-c", str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        line = program.stdout.readline()
        took = (
            Took(time.perf_counter() - begun, _cpu_s(program.pid), _resident(program.pid)) if line else None
        )
        program.kill()
        if took is None or not line.startswith("ready "):
            raise RuntimeError(f"the P-CSCF did not start: {program.stderr.read()[-500:]}")
    return took


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def own_network() -> Iterator[None]:
    """A namespace with the addresses of the lab's P-CSCF. Raises PrerequisiteMissing without the right."""
    namespace = Namespace()
    with namespace.entered():
        with_netlink(_raise_loopback)
        yield
    namespace.close()


def _raise_loopback(netlink) -> None:  # type: ignore[no-untyped-def]
    netlink.link("set", index=1, state="up")
    for address in OURS:
        netlink.addr("add", index=1, address=address, prefixlen=32)


@contextmanager
def redis_server(folder: Path) -> Iterator[str | None]:
    """The URL of a server that keeps everything in memory; None if there is no such program."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    place = folder / "redis.sock"
    words: Sequence[str] = (
        f"--port 6379 --bind 127.0.0.1 --unixsocket {place} --appendonly no --dir {folder}".split()
    )
    with subprocess.Popen([program, *words, "--save", ""], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        while "Ready to accept connections" not in server.stdout.readline():
            pass
        try:
            yield "redis://127.0.0.1:6379"
        finally:
            server.kill()
