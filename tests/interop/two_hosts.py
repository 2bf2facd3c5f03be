"""Two hosts of one P-CSCF, with a Redis at the home network, and two UEs (ADR 20)."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.interop.programs import DOMAIN, LAB, Program, Programs

from twopair.live.admin import ask
from twopair.live.prerequisite import PrerequisiteMissing

REDIS = "redis://10.20.0.2:6379"
MOVER = LAB.parent / "failover/move-address"
KEY = "5f" * 32
LEASE_S = 1.5


@contextmanager
def two_hosts() -> Iterator[Programs]:
    """The addresses of examples/lab; those of the P-CSCF are at neither host yet."""
    with Programs() as network:
        for name in ("a", "b", "home", "ue1", "ue2"):
            network.host(name)
        for number, name in enumerate(("a", "b"), 11):
            network.on_bridge(name, f"10.10.0.{number}/16")
            network.on_bridge(name, f"10.20.0.{number}/24", "core")
        network.on_bridge("home", "10.20.0.2/24", "core")
        network.on_bridge("ue1", "10.10.1.1/16")
        network.on_bridge("ue2", "10.10.1.2/16")
        yield network


def start_redis(network: Programs, folder: Path) -> Program:
    """A server at the home network that keeps what it is told."""
    words = "redis-server --bind 10.20.0.2 --protected-mode no --appendonly yes --save".split()
    server = network.run("home", *words, "", "--dir", str(folder))
    while "Ready to accept connections" not in server.line(60):
        pass
    return server


def failover_table(instance: str, more: str, lease_s: float = LEASE_S) -> str:
    """The table [failover] of one host."""
    return f'[failover]\ninstance = "{instance}"\nlease_s = {lease_s}\n{more}\n'


def write_key(folder: Path) -> None:
    """The key file that all hosts have."""
    key = folder / "kept.key"
    key.write_text(KEY + "\n")
    key.chmod(0o600)


def state_at(socket: Path) -> dict[str, Any]:
    """What a host says of itself; nothing while it cannot be asked."""
    with suppress(PrerequisiteMissing):
        return dict(ask(socket, "owner"))
    return {}


def stands_by(socket: Path) -> None:
    """Wait until a host says what it waits for."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        state = state_at(socket)
        if state and not state["serves"] and state["waits_for"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"{socket} does not stand by: {state}")


class Pair:
    """Both hosts with a P-CSCF each, of which one serves.

    Args:
        network: of `two_hosts`.
        folder: for files.
        transport: of the UEs.
        backend: of both P-CSCFs.
        more: lines of the table [failover].
    """

    def __init__(
        self,
        network: Programs,
        folder: Path,
        transport: str,
        *,
        backend: str = "userspace",
        more: str = f'program = "{MOVER}"',
    ) -> None:
        self.network = network
        self.folder = folder
        self.redis = self.start_redis()
        self.home = network.start("home", "home", "-c", str(LAB / "home.toml"))
        assert self.home.line() == f"ready home {DOMAIN} on 10.20.0.2:5060"
        for name in ("ue1", "ue2"):
            text = (LAB / f"{name}.toml").read_text()
            (folder / name).write_text(re.sub(r"transport = .*", f'transport = "{transport}"', text))
        for name in ("a", "b"):
            (folder / name).mkdir()
            write_key(folder / name)
            text = (LAB / "pcscf.toml").read_text().replace('"userspace"', f'"{backend}"')
            store = f'[store]\nurl = "{REDIS}"\nkey_file = "kept.key"\n[admin]\nsocket = "admin.sock"\n'
            self.file(name).write_text(f"{text}\n{store}{failover_table(name, more)}")
        self.nodes: dict[str, Program] = {}

    def file(self, name: str) -> Path:
        return self.folder / name / "pcscf.toml"

    def start_redis(self) -> Program:
        return start_redis(self.network, self.folder)

    def start(self, name: str, *, serves: bool) -> None:
        """Start the P-CSCF of a host, which is to serve, or to stand by."""
        self.nodes[name] = self.network.start(name, "pcscf", "-c", str(self.file(name)))
        if serves:
            self.serves(name)
        else:
            self.stands_by(name)

    def serves(self, name: str) -> None:
        """Wait until a host says that it serves."""
        assert self.nodes[name].line().startswith("ready ")

    def stands_by(self, name: str) -> None:
        """Wait until a host says what it waits for."""
        stands_by(self.folder / name / "admin.sock")

    def state(self, name: str) -> dict[str, Any]:
        """What a host says of itself; nothing while it cannot be asked."""
        return state_at(self.folder / name / "admin.sock")

    def takeover(self, name: str) -> dict[str, Any]:
        """Have a host serve, by the command."""
        program = self.network.start(name, "takeover", "-c", str(self.file(name)), "--json")
        code, out, err = program.end(within_s=40)
        assert code == 0, err
        return dict(json.loads(out))

    def shell(self, number: int) -> Program:
        """A UE that is registered."""
        name = f"ue{number}"
        shell = self.network.start(name, "ue", "-c", str(self.folder / name), "shell", "--json")
        assert shell.line().startswith("ready ")
        shell.say("register")
        assert shell.told(command="register")["ok"]
        return shell
