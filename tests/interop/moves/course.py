"""A P-CSCF goes from host to host under load: handed over, and lost with its machine (ADR 20)."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.interop.ear import esp_packets
from tests.interop.kills.attempts import Kill, Row, losses, rows
from tests.interop.kills.plan import UE_HOST, Plan, address, write_files
from tests.interop.kills.ues import Told
from tests.interop.programs import Program, Programs
from tests.interop.two_hosts import MOVER, failover_table, stands_by, start_redis, write_key

from twopair.live.admin import ask

_UES: Final = (sys.executable, "-m", "tests.interop.kills.ues")
_READY_S: Final = 120.0
_ALL_S: Final = 600.0
_SAVED_S: Final = 1.0
"""After which time the store has what there is: a look at the windows each half second, and a batch."""

Say = Callable[[str], object]


class Move(NamedTuple):
    """One move.

    Args:
        how: ``handed over`` or ``lost``.
        to: the host that serves then.
        serves_s: from the command, or the loss, until it serves.
        reached_s: from then until every UE has written to another and was written to.
    """

    how: str
    to: str
    serves_s: float
    reached_s: float


class Nonces(NamedTuple):
    """What the capture shows of AES-GCM.

    Args:
        opened: packets that their key opens.
        unknown: packets whose SA no key log has.
        twice: IVs that came more than once under one key.
    """

    opened: int
    unknown: int
    twice: int


class Outcome(NamedTuple):
    """What a run has shown."""

    moves: list[Move]
    rows: list[Row]
    nonces: Nonces
    lost: list[str]


class Course:
    """A network in which a plan is followed; its `kills` are moves.

    Args:
        plan: what to do.
        lease_s: of a host.
        folder: empty, for files.
        network: without hosts so far.
        say: takes a line of news.
    """

    def __init__(self, plan: Plan, lease_s: float, folder: Path, network: Programs, say: Say) -> None:
        self._plan = plan
        self._folder = folder
        self._network = network
        self._say = say
        self._dice = Random(plan.seed)
        self._nodes: dict[str, Program] = {}
        self._packets: list[bytes] = []
        write_files(plan, folder)
        (folder / "plan.json").write_text(json.dumps(plan))
        text = (folder / "pcscf.toml").read_text()
        for name in ("a", "b"):
            (folder / name).mkdir()
            write_key(folder / name)
            table = failover_table(name, f'program = "{MOVER}"', lease_s)
            (folder / name / "pcscf.toml").write_text(f'{text}\n{table}\n[log]\nkeys = "keys"\n')
        for number, name in enumerate(("a", "b"), 11):
            network.host(name)
            network.on_bridge(name, f"10.10.0.{number}/16")
            network.on_bridge(name, f"10.20.0.{number}/24", "core")
        for name in ("home", UE_HOST):
            network.host(name)
        network.on_bridge("home", "10.20.0.2/24", "core")
        network.on_bridge(UE_HOST, f"{address(0)}/16")
        network.add_address(UE_HOST, *(f"{address(number)}/16" for number in range(1, plan.ues)))

    def run(self) -> Outcome:
        """From the first registration to the last look."""
        network, folder = self._network, self._folder
        start_redis(network, folder)
        home = network.start("home", "home", "-c", str(folder / "home.toml"))
        assert home.line(_READY_S).startswith("ready ")
        self._start("a")
        self._serves("a")
        self._start("b")
        stands_by(self._folder / "b/sas.sock")
        ues = network.run(UE_HOST, *_UES, str(folder))
        assert ues.line(_READY_S) == "ready"
        self._ear = network.ear()
        for word in ("register", "call", "go"):
            self._do(ues, word)
        moves, times = [], []
        for number in range(self._plan.kills):
            sleep(_SAVED_S + self._dice.uniform(0, self._plan.pause_s))
            began = monotonic()
            how, to = self._move(number)
            served = monotonic()
            self._do(ues, "ring")
            moves.append(Move(how, to, served - began, monotonic() - served))
            times.append(Kill(began, served))
            self._say(f"{how}: {to} serves after {served - began:.2f} s, {moves[-1].reached_s:.2f} s for all")
            self._back(how, to)
        for word in ("settle", "prove", "tell"):
            self._do(ues, word)
        told = Told.read(folder)
        failed = [f"{a.kind}, {a.who}: {a.fault}" for a in losses(told.attempts, times)]
        nonces = self._nonces()
        return Outcome(moves, rows(told.attempts, times), nonces, told.news + failed)

    def _do(self, ues: Program, word: str) -> None:
        ues.say(word)
        assert ues.line(_ALL_S) == f"{word} done", ues.log()
        self._packets += esp_packets(self._ear)

    # hosts

    def _file(self, name: str) -> str:
        return str(self._folder / name / "pcscf.toml")

    def _start(self, name: str) -> None:
        self._nodes[name] = self._network.start(name, "pcscf", "-c", self._file(name))

    def _serves(self, name: str) -> None:
        assert self._nodes[name].line(_READY_S).startswith("ready ")

    def _move(self, number: int) -> tuple[str, str]:
        """By turns: the host that serves hands over, or is lost with its machine."""
        here, there = ("a", "b") if number % 2 == 0 else ("b", "a")
        if number % 4 < 2:
            ask(self._folder / there / "sas.sock", "takeover")  # what `twopair takeover` asks
            self._serves(there)
            return "handed over", there
        self._network.unplug(here, "gm", "core")
        self._nodes[here].kill()
        self._serves(there)
        return "lost", there

    def _back(self, how: str, to: str) -> None:
        """A host that was lost comes back, without the addresses, and stands by."""
        if how == "lost":
            (gone,) = {"a", "b"} - {to}
            self._network.run(gone, str(MOVER), "standby", gone, "0").end()
            self._network.plug(gone, "gm", "core")
            self._start(gone)
            stands_by(self._folder / gone / "sas.sock")

    # what was on the wire

    def _nonces(self) -> Nonces:
        keys = dict(line for name in ("a", "b") for line in _gcm_keys(self._folder / name / "keys"))
        seen: Counter[tuple[bytes, bytes]] = Counter()
        unknown = 0
        for body in self._packets:
            material = keys.get(int.from_bytes(body[:4], "big"))
            if material is None:
                unknown += 1
                continue
            key, salt = material[:-4], material[-4:]
            AESGCM(key).decrypt(salt + body[8:16], body[16:], body[:8])
            seen[material, body[8:16]] += 1
        return Nonces(sum(seen.values()), unknown, sum(count > 1 for count in seen.values()))


def _gcm_keys(file: Path) -> Iterator[tuple[int, bytes]]:
    """SPI, and key with salt, of each SA with AES-GCM in a file of keys (`log.keys`)."""
    for line in file.read_text().splitlines():
        fields = line.strip('"').split('","')
        if len(fields) > 5 and "GCM" in fields[4]:
            yield int(fields[3], 16), bytes.fromhex(fields[5].removeprefix("0x"))


def follow(plan: Plan, lease_s: float, folder: Path, say: Say = print) -> Outcome:
    """Follow a plan in a network of its own, which is gone afterwards."""
    with Programs() as network:
        return Course(plan, lease_s, folder, network, say).run()
