"""The programs of one flood, in network namespaces, and what was measured."""

import json
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.interop.programs import LAB, TWOPAIR, Program, Programs

from benchmarks.flood.source import FIRST_SUBSCRIBER

GATEWAY, INVENTED = "10.10.0.254", "10.64.0.0/10"
CALM_S = 3.0


class Flood(NamedTuple):
    """What there is to be of it.

    Args:
        rate: REGISTER requests a second.
        seconds: how long.
        sources: invented addresses.
        ues: registered UEs.
        subscribers: further ones, in whose name half of the flood comes.
    """

    rate: int = 2_000
    seconds: int = 60
    sources: int = 10_000
    ues: int = 50
    subscribers: int = 500


class Figures(NamedTuple):
    """What came of it.

    Args:
        phones: outcomes of what the UEs did, from before the flood until after it.
        source: what was sent, and what was answered.
        rss_kb: resident memory of the P-CSCF: before, at the end, at most.
        cpu: of the P-CSCF during the flood, 1 is one core.
        log: of the P-CSCF, lines that warn.
    """

    phones: dict[str, Any]
    source: dict[str, Any]
    rss_kb: tuple[int, int, int]
    cpu: float
    log: tuple[str, ...]


def measure(flood: Flood, folder: Path, limits: str = "") -> Figures:
    """Let it happen; `limits` are lines of [limits] of pcscf.toml."""
    with _place(flood) as network:
        home, pcscf = _services(network, flood, folder, limits)
        phones = _module(network, "ue", "phones", flood.ues, flood.seconds + 2 * CALM_S)
        assert phones.line(60) == "ready"
        source = _module(
            network, "flood", "source", flood.rate, flood.seconds, flood.sources, flood.subscribers
        )
        assert source.line(60) == "ready"
        before = _resident_kb(pcscf.pid)[0]
        phones.say("go")
        time.sleep(CALM_S)
        cpu, since = _cpu_s(pcscf.pid), time.monotonic()
        source.say("go")
        sent = json.loads(source.line(flood.seconds + 30))
        used = (_cpu_s(pcscf.pid) - cpu) / (time.monotonic() - since)
        done = json.loads(phones.line(90))
        time.sleep(12)  # the log says that it is over
        at_end, most = _resident_kb(pcscf.pid)
        code, _, _ = pcscf.end(signal.SIGTERM)
        log = (folder / "pcscf.log").read_text()
        assert code == 0, log
        for program in (source, phones, home):
            program.kill()
        warned = tuple(line for line in log.splitlines() if " INFO " not in line)
        return Figures(done, sent, (before, at_end, most), used, warned)


def _module(network: Programs, host: str, name: str, *arguments: float) -> Program:
    return network.run(host, sys.executable, "-m", f"benchmarks.flood.{name}", *map(str, arguments))


@contextmanager
def _place(flood: Flood) -> Iterator[Programs]:
    with Programs() as network:
        for name in ("pcscf", "home", "ue", "flood"):
            network.host(name)
        network.on_bridge("pcscf", "10.10.0.1/16")
        network.on_bridge("flood", f"{GATEWAY}/16")
        network.on_bridge("ue", "10.10.1.1/16")
        for number in range(2, flood.ues + 1):
            network.add_address("ue", f"10.10.1.{number}/16")
        network.cable("pcscf", "10.20.0.1/24", "home", "10.20.0.2/24")
        network.route("pcscf", INVENTED, GATEWAY)
        network.route("flood", "default", "10.10.0.1")
        yield network


def _services(network: Programs, flood: Flood, folder: Path, limits: str) -> tuple[Program, Program]:
    text = (LAB / "home.toml").read_text()
    head = text.partition("[[subscriber]]")[0]
    keys = "\n".join(re.findall(r"^(?:k|opc) = .*$", text, re.M)[:2])
    numbers = (*range(1, flood.ues + 1), *range(FIRST_SUBSCRIBER, FIRST_SUBSCRIBER + flood.subscribers))
    users = "".join(f'[[subscriber]]\nimsi = "00101{n:010d}"\n{keys}\n' for n in numbers)
    (folder / "home.toml").write_text(head + users)
    admin = f'\n[admin]\nsocket = "{folder}/sock"\n[limits]\n{limits}\n'
    (folder / "pcscf.toml").write_text((LAB / "pcscf.toml").read_text() + admin)
    return _service(network, "home", folder), _service(network, "pcscf", folder)


def _service(network: Programs, name: str, folder: Path) -> Program:
    """With its log in a file: nobody reads a pipe meanwhile, and what is full is waited for."""
    command = shlex.join([*TWOPAIR, name, "-c", str(folder / f"{name}.toml")])
    program = network.run(name, "sh", "-c", f"exec {command} 2>{shlex.quote(str(folder / name))}.log")
    assert program.line(60).startswith("ready ")
    return program


def _resident_kb(pid: int) -> tuple[int, int]:
    """Now, and at most so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    now, most = (int(status.partition(f"{name}:")[2].split()[0]) for name in ("VmRSS", "VmHWM"))
    return now, most


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
