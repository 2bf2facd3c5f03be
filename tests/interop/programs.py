"""Namespaces joined by bridges, programs that run in them, and an ear on the bridges.

Nothing of it outlives the test's process: namespaces are held by files, programs are killed with it.
"""

import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

import pytest

from twopair.backends.userspace.routes import index_of, with_netlink
from twopair.live.lab.namespace import Namespace

TWOPAIR = (sys.executable, "-c", "from twopair.cli.main import run; run()")
LAB = Path(__file__).parents[2] / "examples/lab"
DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
SM1, SM6 = f"REGISTER sip:{DOMAIN} SIP/2.0", "SIP/2.0 401 Unauthorized"
"""First lines of what may be read on Gm, and of nothing else."""

PATIENCE_S = 60.0
"""How long a program may take for something, where nothing is said of that: the machine may be busy."""

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="programs in namespaces of their own need root")
_PR_SET_PDEATHSIG = 1
_SO_RCVBUFFORCE = 33
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Programs:
    """Hosts by name, each with devices on the bridge or on a cable of their own."""

    def __init__(self) -> None:
        self._cleanup = ExitStack()
        self._hosts: dict[str, Namespace] = {}
        self._bridge = self._namespace()
        self._bridges: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def host(self, name: str) -> None:
        """A new host, with loopback."""
        self._hosts[name] = self._namespace()
        with self._hosts[name].entered():
            with_netlink(lambda netlink: netlink.link("set", index=1, state="up"))

    def on_bridge(self, name: str, address: str, device: str = "gm") -> None:
        """Give a host a device with that address, on the bridge for all devices of that name."""
        port, bridge = f"{device}-{name}", f"br-{device}"
        with self._bridge.entered():
            if bridge not in self._bridges:
                self._bridges.add(bridge)
                with_netlink(lambda netlink: _make_bridge(netlink, bridge))
            with_netlink(lambda netlink: _cable(netlink, port, device, self._hosts[name].fd))
            with_netlink(lambda netlink: _raise(netlink, port, master=bridge))
        self._address(name, device, address)

    def give(self, host: str, device: str, address: str) -> None:
        """Give a host one more address on a device."""
        self._address(host, device, address)

    def hardware_address(self, host: str, device: str) -> bytes:
        """Of a device of a host."""
        with self._hosts[host].entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
            sock.bind((device, 0))
            return bytes(sock.getsockname()[4])

    def announce(self, host: str, device: str, address: str) -> None:
        """Have the neighbours know that an address is at a host now (gratuitous ARP)."""
        self.run(host, "arping", "-q", "-U", "-c", "1", "-I", device, address).end()

    def unplug(self, name: str, *devices: str) -> None:
        """Take cables of a host off their bridges."""
        with self._bridge.entered():
            for device in devices:
                with_netlink(partial(_lower, name=f"{device}-{name}"))

    def plug(self, name: str, *devices: str) -> None:
        """Put them back."""
        with self._bridge.entered():
            for device in devices:
                with_netlink(partial(_raise, device=f"{device}-{name}"))

    def cable(self, one: str, address: str, other: str, address_of_other: str) -> None:
        """Join two hosts by the device ``core`` at each."""
        with self._hosts[one].entered():
            with_netlink(lambda netlink: _cable(netlink, "core", "core", self._hosts[other].fd))
        self._address(one, "core", address)
        self._address(other, "core", address_of_other)

    def ear(self) -> socket.socket:
        """A packet socket that hears everything on the bridges, each packet when it comes in and goes out."""
        with self._bridge.entered():
            ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(3))
        ear.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 64 << 20)
        self._cleanup.callback(ear.close)
        return ear

    def start(self, host: str, *arguments: str) -> "Program":
        """Run the command `twopair` with these arguments on a host."""
        return self.run(host, *TWOPAIR, *arguments)

    def run(self, host: str, *words: str) -> "Program":
        """Run any command on a host."""
        program = Program(self._hosts[host].fd, words)
        self._cleanup.callback(program.kill)
        return program

    def namespace(self, name: str) -> Namespace:
        """Where a host is."""
        return self._hosts[name]

    def _namespace(self) -> Namespace:
        namespace = Namespace()
        self._cleanup.callback(namespace.close)
        return namespace

    def add_address(self, host: str, *addresses: str) -> None:
        """Give a host more addresses on the bridge."""
        self._address(host, "gm", *addresses)

    def route(self, host: str, network: str, gateway: str) -> None:
        """Have a host send what is for a network to a gateway."""
        with self._hosts[host].entered():
            with_netlink(lambda netlink: netlink.route("add", dst=network, gateway=gateway))

    def _address(self, host: str, device: str, *addresses: str) -> None:
        def work(netlink: Any) -> None:
            _raise(netlink, device)
            for address in addresses:
                ip, length = address.split("/")
                netlink.addr("add", index=index_of(netlink, device), address=ip, prefixlen=int(length))

        with self._hosts[host].entered():
            with_netlink(work)


class Program:
    """One running command with its input and output."""

    def __init__(self, namespace: int, words: Sequence[str]) -> None:
        def enter() -> None:
            end_with_parent()
            if _libc.setns(namespace, _CLONE_NEWNET):
                os._exit(97)

        self._log = TemporaryFile()  # noqa: SIM115 - a pipe that nobody reads would fill, and stop it
        self._process = subprocess.Popen(
            words,
            bufsize=0,  # a line that was read ahead would not be seen to be there
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            preexec_fn=enter,  # noqa: PLW1509 - the tests have no threads
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def line(self, within_s: float = PATIENCE_S) -> str:
        """The next line on its stdout; what it logged, as an error, if it ends or is silent instead."""
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if selector.select(within_s) and (line := self._process.stdout.readline()):
                return line.decode().rstrip("\n")
        self.kill()
        raise AssertionError(self.log())

    def say(self, line: str) -> None:
        """Write a line to its stdin, which `end` closes."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    def told(self, **wanted: object) -> dict[str, Any]:
        """The next object on its stdout that has these values; those before it are let go."""
        for _ in range(100):
            found: dict[str, Any] = json.loads(self.line())
            if found.items() >= wanted.items():
                return found
        raise AssertionError(f"nothing with {wanted}")

    def result(self, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next object on its stdout that is no event: what came of the action."""
        over = time.monotonic() + within_s
        for _ in range(100):
            found: dict[str, Any] = json.loads(self.line(max(0, over - time.monotonic())))
            if "event" not in found:
                return found
        raise AssertionError("events, and no result")

    def bound(self, port: int, within_s: float = PATIENCE_S) -> None:
        """Wait until it has bound a UDP port; what it said, as an error, if it ends or takes too long."""
        over = time.monotonic() + within_s
        while self._process.poll() is None and time.monotonic() < over:
            sockets = Path(f"/proc/{self._process.pid}/net/udp").read_text().splitlines()[1:]
            if any(int(line.split()[1].rpartition(":")[2], 16) == port for line in sockets):
                return
            time.sleep(0.01)
        self._process.kill()
        raise AssertionError(self._process.communicate()[0].decode() + self.log())

    def end(self, sign: signal.Signals | None = None, within_s: float = PATIENCE_S) -> tuple[int, str, str]:
        """Exit code, the rest of stdout, and stderr; after that signal, if there is one."""
        if sign is not None:
            self._process.send_signal(sign)
        out, _ = self._process.communicate(timeout=within_s)
        return self._process.returncode, out.decode(), self.log()

    def log(self) -> str:
        """What it has written to its stderr so far."""
        octets = os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0)
        return octets.decode(errors="replace")

    def signal(self, sign: signal.Signals) -> None:
        """Send it a signal that does not end it."""
        self._process.send_signal(sign)

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def lab() -> Iterator[Programs]:
    """Hosts with the addresses of examples/lab: UEs and P-CSCF on a bridge, the home network behind."""
    with Programs() as programs:
        for name in ("pcscf", "home", "ue1", "ue2"):
            programs.host(name)
        programs.on_bridge("pcscf", "10.10.0.1/16")
        programs.on_bridge("ue1", "10.10.1.1/16")
        programs.on_bridge("ue2", "10.10.1.2/16")
        programs.cable("pcscf", "10.20.0.1/24", "home", "10.20.0.2/24")
        yield programs


def _make_bridge(netlink: Any, name: str) -> None:
    netlink.link("add", ifname=name, kind="bridge")
    _raise(netlink, name)


def _cable(netlink: Any, here: str, there: str, namespace: int) -> None:
    netlink.link("add", ifname=here, kind="veth", peer={"ifname": there, "net_ns_fd": namespace})


def _raise(netlink: Any, device: str, master: str | None = None) -> None:
    more = {} if master is None else {"master": index_of(netlink, master)}
    netlink.link("set", index=index_of(netlink, device), state="up", **more)


def _lower(netlink: Any, name: str) -> None:
    netlink.link("set", index=index_of(netlink, name), state="down")
