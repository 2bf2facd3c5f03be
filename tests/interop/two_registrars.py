"""NAPTR leads to two I-CSCFs; the first is killed while UEs register (RFC 3263 §4.3; PCS-06).

    python -m tests.interop.two_registrars [UES]

runs the programs on loopback, with a name server of dnspython, and says how long registrations took.
"""

import asyncio
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, NamedTuple

from tests.interop.loopback_programs import DOMAIN, OWN, Running, line, programs_in
from tests.unit.live.authoritative import Server, serving

from twopair.live.config import UeFile
from twopair.live.ue import Ue

HOME = f"{OWN}2.2:5060"
FIRST, SECOND = f"{OWN}2.11:5060", f"{OWN}2.12:5060"
BEFORE_S, AFTER_S, PAUSE_S, ASIDE_S = 3.0, 8.0, 0.3, 3
IMSI = 1000

ZONE = f"""
$TTL 60
@ SOA ns root 1 3600 600 86400 30
@ NS ns
ns A 127.0.0.1
icscf NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.icscf
_sip._udp.icscf SRV 10 0 5060 one
_sip._udp.icscf SRV 20 0 5060 two
one A {FIRST.partition(":")[0]}
two A {SECOND.partition(":")[0]}
"""


class Attempt(NamedTuple):
    """One registration, re-registration or de-registration: when it began and ended, and what came of it."""

    began: float
    ended: float
    outcome: str

    @property
    def took_s(self) -> float:
        """How long it took."""
        return self.ended - self.began


class Outcome(NamedTuple):
    """All of them, and the moment of the kill."""

    attempts: list[Attempt]
    killed_at: float

    @property
    def failed(self) -> list[str]:
        """Those that did not come about, in words."""
        return [attempt.outcome for attempt in self.attempts if attempt.outcome]

    def since_kill(self) -> list[Attempt]:
        """Those that ended after it, the longest first."""
        later = (attempt for attempt in self.attempts if attempt.ended > self.killed_at)
        return sorted(later, key=lambda attempt: -attempt.took_s)

    def table(self) -> str:
        """For people."""
        before = sorted(a.took_s for a in self.attempts if a.ended <= self.killed_at)
        after = self.since_kill()
        longer = sum(a.took_s > 1 for a in after)
        return (
            f"before the kill {len(before)}, longest {before[-1]:.2f} s\n"
            f"after it {len(after)}, longest {after[0].took_s:.2f} s, {longer} longer than 1 s, "
            f"failed {len(self.failed)}"
        )


def write_files(running: Running, ues: int) -> None:
    """`ues` subscribers, and a P-CSCF that knows a name only."""
    file = running.folder / "home.toml"
    first = tomllib.loads(file.read_text())["subscriber"][0]
    keys = f'k = "{first["k"]}"\nopc = "{first["opc"]}"\n'
    entries = (f'\n[[subscriber]]\nimsi = "{_imsi(n)}"\n{keys}' for n in range(ues))
    file.write_text(file.read_text() + "".join(entries))


def _imsi(number: int) -> str:
    return f"00101{IMSI + number:010d}"


def _settings(running: Running, number: int) -> UeFile:
    tables: dict[str, Any] = tomllib.loads((running.folder / "ue1.toml").read_text())
    tables["identity"]["imsi"] = _imsi(number)
    tables["gm"]["address"] = f"{OWN}1.{number + 1}"
    tables["gm"]["transport"] = ("udp", "tcp")[number % 2]
    return UeFile.model_validate(tables)


def _icscf(running: Running, at: str) -> subprocess.Popen[bytes]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.interop.icscf", at, HOME], stdout=subprocess.PIPE, bufsize=0
    )
    running.also(program)
    assert line(program) == "ready\n"
    return program


async def run(folder: Path, ues: int) -> Outcome:
    """All of it."""
    server = Server(ZONE, f"{DOMAIN}.")
    with programs_in(folder) as running:
        async with serving(server) as at, AsyncExitStack() as phones:
            write_files(running, ues)
            lines = f'registrar = "icscf.{DOMAIN}"\nnameservers = ["{at}"]\naside_s = {ASIDE_S}'
            running.change(f'registrar = "sip:{OWN}2.2:5060"', lines)
            first, _ = _icscf(running, FIRST), _icscf(running, SECOND)
            running.serve("home")
            running.serve("pcscf")
            all_ = [
                await phones.enter_async_context(Ue(_settings(running, n), folder / f"p{n}.toml"))
                for n in range(ues)
            ]
            attempts: list[Attempt] = []
            over = asyncio.Event()
            work = [asyncio.create_task(_live(ue, n, attempts, over)) for n, ue in enumerate(all_)]
            await asyncio.sleep(BEFORE_S)
            first.kill()
            killed_at = monotonic()
            await asyncio.sleep(AFTER_S)
            over.set()
            await asyncio.gather(*work)
    return Outcome(attempts, killed_at)


async def _live(ue: Ue, number: int, attempts: list[Attempt], over: asyncio.Event) -> None:
    """Register, and register again, over and over; every third UE leaves between."""
    await asyncio.sleep(PAUSE_S * (number % 10) / 10)
    while not over.is_set():
        await _attempt(ue.register(), attempts)
        if number % 3 == 0 and not over.is_set():
            await _attempt(ue.deregister(), attempts)
        await asyncio.sleep(PAUSE_S)


async def _attempt(verb: Any, attempts: list[Attempt]) -> None:
    began, outcome = monotonic(), ""
    try:
        await verb
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"
    attempts.append(Attempt(began, monotonic(), outcome))


def main(words: Sequence[str]) -> None:
    """Once, with a table."""
    with TemporaryDirectory() as folder:
        outcome = asyncio.run(run(Path(folder), int(words[0]) if words else 50))
    print(outcome.table())
    print(*outcome.failed, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
