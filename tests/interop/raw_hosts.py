"""Three processes in three namespaces: UE and P-CSCF with `RawWire` on a veth each, a router in between.

The router is the attacker: it sends what it likes to either side, and sees what passes.
"""

import ctypes
import multiprocessing
import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from tests.figure1_sets import CBC, PORTS, SPIS, sa_set

from twopair.backends.userspace.raw import RawWire
from twopair.backends.userspace.routes import index_of, with_netlink
from twopair.base import Endpoint, Spi
from twopair.core.sa import End, PortName, SaSet, Spis
from twopair.live.entropy import OsEntropy
from twopair.wire import ip

ADDRESSES: Final = {End.UE: {4: "10.1.0.2", 6: "fd01::2"}, End.PCSCF: {4: "10.2.0.2", 6: "fd02::2"}}
GATEWAYS: Final = {End.UE: {4: "10.1.0.1", 6: "fd01::1"}, End.PCSCF: {4: "10.2.0.1", 6: "fd02::1"}}
_PREFIX: Final = {4: 24, 6: 64}
_FAMILY: Final = {4: socket.AF_INET, 6: socket.AF_INET6}
_CLONE_NEWNET: Final = 0x40000000
_ETH_P_ALL: Final = 3
_NO_DAD: Final = 2
_libc = ctypes.CDLL(None, use_errno=True)


def leave_network() -> None:
    """Go into a network namespace of one's own."""
    if _libc.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")


def set_of(end: End, version: int) -> SaSet:
    """The set of that IP version; both sets have the same ports and, a family each, other SPIs."""
    spis = Spis(*(Spi(spi + 100 * version) for spi in SPIS))
    ue, pcscf = ADDRESSES[End.UE][version], ADDRESSES[End.PCSCF][version]
    return sa_set(end, CBC, set_id=version, ue=ue, pcscf=pcscf, spis=spis)


def _addresses(netlink: Any, device: str, of: dict[int, str]) -> int:
    index = index_of(netlink, device)
    for version, address in of.items():
        flags = {"flags": _NO_DAD} if version == 6 else {}
        netlink.addr("add", index=index, address=address, prefixlen=_PREFIX[version], **flags)
    netlink.link("set", index=index, state="up")
    return index


class RawHost:
    """What runs in the process of UE or P-CSCF: sockets on every protected port, both transports.

    Commands come as tuples, what happens is told as tuples: ``("udp", version, port, data)``,
    ``("tcp", version, port, data)``, ``("connected", version)``.
    """

    def __init__(self, end: End, conn: Connection) -> None:
        self.end, self.conn = end, conn
        self.ports = [PORTS.of(name) for name in PortName if name.end is end]
        self.wire = RawWire(OsEntropy())
        self.sockets: dict[tuple[int, int, int], socket.socket] = {}
        self.streams: dict[socket.socket, tuple[int, int]] = {}
        self.connecting: dict[socket.socket, tuple[int, int]] = {}
        for version in (4, 6):
            for port in self.ports:
                self.wire.close(Endpoint(ADDRESSES[end][version], port))
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    self.sockets[version, port, kind] = self._bound(version, port, kind)
            self.wire.install(set_of(end, version))

    def _bound(self, version: int, port: int, kind: int) -> socket.socket:
        sock = socket.socket(_FAMILY[version], kind)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.wire.guard(sock)
        sock.bind((ADDRESSES[self.end][version], port))
        if kind == socket.SOCK_STREAM and self.end is End.PCSCF:
            sock.listen()
        return sock

    def serve(self) -> None:
        """Until the command ``end``, or the other side is gone."""
        readers = dict(self.wire.readers())
        while True:
            for fd in select.select([*readers, self.conn.fileno()], [], [], 0.02)[0]:
                if fd in readers:
                    readers[fd]()
                elif not self._command(*self.conn.recv()):
                    return
            self._look()

    def _command(self, verb: str, *rest: Any) -> bool:
        match verb, rest:
            case "udp", (version, port, to, data):
                self.sockets[version, port, socket.SOCK_DGRAM].sendto(data, to)
            case "connect", (version, port, to):
                sock = self.sockets[version, port, socket.SOCK_STREAM]
                with suppress(BlockingIOError):
                    sock.connect(to)
                self.connecting[sock] = (version, port)
            case "tcp", (version, data):
                for sock, (of, _) in self.streams.items():
                    if of == version:
                        sock.send(data)
            case "drops", ():
                self.conn.send(("drops", dict(self.wire.drops()), self.wire.unsent))
            case "rules", ():
                self.conn.send(("rules", rules()))
            case "open", ():  # take the filters off, to show what they are for
                for sock in self.sockets.values():
                    sock.setsockopt(socket.SOL_SOCKET, 27, 0)
            case "end", ():
                self.wire.shut_down()
                self.conn.send(("rules", rules()))
                return False
        return True

    def _look(self) -> None:
        for (version, port, kind), sock in self.sockets.items():
            with suppress(BlockingIOError, OSError):
                if kind == socket.SOCK_DGRAM:
                    self.conn.send(("udp", version, port, sock.recv(65535)))
                elif self.end is End.PCSCF:
                    stream, _ = sock.accept()
                    stream.setblocking(False)
                    self.streams[stream] = (version, port)
        for sock, of in list(self.connecting.items()):
            with suppress(OSError):
                sock.getpeername()
                self.streams[sock] = self.connecting.pop(sock)
                self.conn.send(("connected", of[0]))
        for stream, (version, port) in self.streams.items():
            with suppress(BlockingIOError, OSError):
                self.conn.send(("tcp", version, port, stream.recv(65535)))


def rules() -> list[str]:
    """Policy rules and tables of the namespace, of both versions, in a form that compares."""

    def read(netlink: Any) -> list[str]:
        found: list[str] = []
        for family in (socket.AF_INET, socket.AF_INET6):
            rules = netlink.get_rules(family=family)
            found += [f"{family} rule {rule.get('priority') or 0} {rule.get('table')}" for rule in rules]
            tables = [route.get("table") for route in netlink.get_routes(family=family)]
            found += [f"{family} route {table}" for table in tables if table not in (254, 255)]
        return found

    return with_netlink(read)


def run_host(end: End, conn: Connection, crash: bool) -> None:
    """The process of one host."""
    leave_network()
    conn.send(os.getpid())
    conn.recv()

    def work(netlink: Any) -> None:
        netlink.link("set", index=1, state="up")
        _addresses(netlink, end.value, ADDRESSES[end])
        for version, gateway in GATEWAYS[end].items():
            everything = {4: "0.0.0.0/0", 6: "::/0"}[version]
            netlink.route("add", family=_FAMILY[version], dst=everything, gateway=gateway)

    with_netlink(work)
    before = rules()
    if crash:  # a predecessor that died without a word: its device goes, its rules stay
        child = os.fork()
        if not child:
            _die_with_rules(end)
        os.waitpid(child, 0)
        assert rules() != before
    host = RawHost(end, conn)
    conn.send(("ready", before))
    host.serve()


def _die_with_rules(end: End) -> None:
    wire = RawWire(OsEntropy())
    wire.close(Endpoint(ADDRESSES[end][4], PORTS.ps))
    wire.close(Endpoint(ADDRESSES[end][6], PORTS.ps))
    os._exit(0)


class Router:
    """The test's own process: between the two, with sockets to forge and to see packets.

    Attributes:
        before: the rules of each host before `RawWire` began.
        heard: what each host told.
    """

    def __init__(self, *, crash: bool = False) -> None:
        context = multiprocessing.get_context("fork")
        self.conns: dict[End, Connection] = {}
        self.processes = {}
        pids = {}
        for end in End:
            self.conns[end], theirs = context.Pipe()
            self.processes[end] = context.Process(target=run_host, args=(end, theirs, crash), daemon=True)
            self.processes[end].start()
            pids[end] = self.conns[end].recv()
        leave_network()
        with_netlink(lambda netlink: self._cable(netlink, pids))
        for switch in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            (Path("/proc/sys/net") / switch).write_text("1")
        self._sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
        self._sniffer.setblocking(False)
        self._forge = {
            4: socket.socket(socket.AF_INET, socket.SOCK_RAW, 255),
            6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, 255),
        }
        self._forge[6].setsockopt(41, 36, 1)
        self.before = {}
        self.heard: dict[End, list[tuple[Any, ...]]] = {end: [] for end in End}
        for end, conn in self.conns.items():
            conn.send("go")
            _, self.before[end] = conn.recv()

    def _cable(self, netlink: Any, pids: dict[End, int]) -> None:
        netlink.link("set", index=1, state="up")
        for end, pid in pids.items():
            name = f"r-{end.value}"
            netlink.link("add", ifname=name, kind="veth", peer={"ifname": end.value, "net_ns_pid": pid})
            _addresses(netlink, name, GATEWAYS[end])

    def tell(self, end: End, *command: Any) -> None:
        self.conns[end].send(command)

    def hear(self, until: Callable[[], bool], patience_s: float = 3.0) -> bool:
        """Gather what the hosts tell until something is the case, or patience ends."""
        over = time.monotonic() + patience_s
        while not until():
            if time.monotonic() > over:
                return False
            for end, conn in self.conns.items():
                while conn.poll(0.01):
                    self.heard[end].append(conn.recv())
        return True

    def expect(self, end: End, *what: Any) -> bool:
        return self.hear(lambda: what in self.heard[end])

    def ask(self, end: End, verb: str) -> tuple[Any, ...]:
        """Send a question and wait for its answer, which begins with the same word."""
        self.heard[end] = [told for told in self.heard[end] if told[0] != verb]
        self.tell(end, verb)
        assert self.hear(lambda: any(told[0] == verb for told in self.heard[end]))
        return next(told for told in self.heard[end] if told[0] == verb)

    def inject(self, packet: bytes, mtu: int = 1400) -> None:
        """Send a packet towards its destination, in fragments if it is long."""
        header = ip.parse(packet)
        version = 4 if len(header.src) == 4 else 6
        for part in ip.fragment(packet, header, mtu, len(packet)):
            self._forge[version].sendto(part, (ip.address_text(header.dst), 0))

    def seen(self) -> list[tuple[str, ip.Header]]:
        """Packets since the last call, without neighbour discovery: device they came from or left by."""
        found: list[tuple[str, ip.Header]] = []
        while True:
            try:
                packet, (device, *_) = self._sniffer.recvfrom(65535)
            except BlockingIOError:
                return found
            with suppress(ValueError):
                header = ip.parse(packet)
                quiet = header.protocol == ip.ICMPV6 and packet[header.offset] >= 128
                if not quiet:
                    found.append((device, header))

    def close(self) -> dict[End, list[str]]:
        """End the hosts; the rules each of them had then."""
        after: dict[End, list[str]] = {}
        for end, conn in self.conns.items():
            conn.send(("end",))
            while end not in after:
                told = conn.recv()
                if told[0] == "rules":
                    after[end] = told[1]
            self.processes[end].join(5)
        return after
