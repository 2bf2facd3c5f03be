"""The IPsec back end of a service: what the configuration asks for, and what this machine can do."""

import logging
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from errno import EACCES, ENODEV, ENOENT, ENXIO, EPERM
from pathlib import Path
from typing import NamedTuple

from twopair.backends.contract import InstallError, IpsecBackend
from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.guard import refuse_loopback
from twopair.backends.kernel.probe import probe
from twopair.backends.memory import MemoryBackend
from twopair.backends.userspace.ledger import FileLedger
from twopair.backends.userspace.queues import BPF
from twopair.backends.userspace.raw import Queue, RawWire
from twopair.base import DEFAULT_SUITES, Suite
from twopair.core.esp import HOST_BLOCK, WHOLE, Positions
from twopair.core.sa import SaSet
from twopair.live.config.fields import BackendName
from twopair.live.entropy import OsEntropy
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.sockets import Guard, reason_of

_log = logging.getLogger(__name__)


class Ipsec(NamedTuple):
    """A back end in operation, and what goes with it.

    Args:
        backend: the back end.
        guard: for sockets of protected ports, where the back end needs it.
        close: takes everything out and gives it back; what a successor is to adopt is left.
        standing: ids of the sets of a predecessor that stand (MGP-14).
    """

    backend: IpsecBackend
    guard: Guard | None
    close: Callable[[], None]
    standing: frozenset[int] = frozenset()


class Before(NamedTuple):
    """What there was before this process, and what is to be after it (MGP-14).

    Args:
        known: SA sets of the predecessor, from its store.
        counters: file of the counters of the user-space engine.
        shared: whether other hosts may have the sets later.
        elsewhere: where to go on with the sets of another host, by set; None where the predecessor was here.
    """

    known: Sequence[SaSet]
    counters: Path
    shared: bool = False
    elsewhere: Mapping[int, Positions] | None = None


def start_ipsec(
    name: BackendName,
    *,
    mtu: int,
    loop: AbstractEventLoop,
    suites: tuple[Suite, ...] = DEFAULT_SUITES,
    ipv6: bool = False,
    worker: int | None = None,
    queue: Queue | None = None,
    before: Before | None = None,
) -> Ipsec:
    """Put a back end into operation on the event loop; says on the log which, and why.

    Args:
        name: as configured; ``auto`` takes the kernel where it can do all that is needed.
        mtu: of the network, in octets.
        loop: the event loop.
        suites: algorithms that will be used.
        ipv6: whether there are addresses of IPv6.
        worker: number of this process where several share the ports.
        queue: of the TUN device that these share.
        before: None if nothing outlives the process.

    Raises:
        PrerequisiteMissing: this version or this machine lacks it.
    """
    if name == "memory":
        _log.warning('ipsec.backend = "memory": NOTHING IS PROTECTED; for measurements on loopback only')
        return _in_memory(before)
    why = ""
    if name != "userspace":
        found = probe()
        lacks = found.lacking(suites, (4, 6) if ipv6 else (4,))
        if not lacks:
            _log.info("ipsec: kernel (a real SA of each algorithm was installed and removed)")
            return _in_kernel(found.suites(), loop, before, worker)
        if name == "kernel":
            raise PrerequisiteMissing(f'ipsec.backend = "kernel": {lacks}')
        why = f" ({lacks})"
    _log.info("ipsec: userspace%s", why)
    try:
        return _in_user_space(mtu, loop, before, queue)
    except OSError as error:
        raise PrerequisiteMissing(f"ipsec: {lack(error)}") from None


def _in_memory(before: Before | None) -> Ipsec:
    """A record of sets; packets have no trace of it, so that what a predecessor knew stands (MGP-14)."""
    backend = MemoryBackend()
    here = before.known if before is not None and before.elsewhere is None else ()
    for sa_set in here:
        backend.install(sa_set)
    standing = {sa_set.set_id for sa_set in here} | _from_elsewhere(backend, before)
    return Ipsec(backend, None, lambda: None, frozenset(standing))


def _in_kernel(
    suites: tuple[Suite, ...], loop: AbstractEventLoop, before: Before | None, worker: int | None
) -> Ipsec:
    """The kernel's, with what a predecessor's store knows of, and rid of all else that it left behind."""
    with ExitStack() as opened:
        try:
            shared = before is not None and before.shared
            backend = KernelBackend(suites, shared=shared, worker=worker)
            opened.callback(backend.shut_down if before is None else backend.leave)
            here = before is not None and before.elsewhere is None
            orphans = backend.reconcile(before.known if before is not None and here else ())
        except OSError as error:
            raise PrerequisiteMissing(f"ipsec: kernel: {error}") from None
        if orphans.states or orphans.policies:
            _log.warning("removed orphans: %d states, %d policies", orphans.states, orphans.policies)
        loop.add_reader(backend.events.fileno(), _tell, backend)
        opened.callback(loop.remove_reader, backend.events.fileno())
        standing = frozenset(sa_set.set_id for sa_set in orphans.adopted) | _from_elsewhere(backend, before)
        return Ipsec(backend, refuse_loopback, opened.pop_all().close, standing)


def _in_user_space(mtu: int, loop: AbstractEventLoop, before: Before | None, queue: Queue | None) -> Ipsec:
    """Our own, with the sets and the counters of a predecessor."""
    if before is None:
        return _watched(RawWire(OsEntropy(), mtu=mtu, queue=queue), loop)
    ledger = FileLedger(before.counters)
    block = HOST_BLOCK if before.shared else WHOLE
    wire = RawWire(OsEntropy(), mtu=mtu, ledger=ledger, index=ledger.device, block=block, queue=queue)
    ledger.remember_device(wire.index)
    loop.call_soon(wire.settle)  # the node binds its ports before the loop goes on
    standing = wire.adopt(before.known) if before.elsewhere is None else set()
    ledger.only(standing)
    standing |= _from_elsewhere(wire, before)
    return _watched(wire, loop)._replace(standing=frozenset(standing))


def _from_elsewhere(backend: IpsecBackend, before: Before | None) -> set[int]:
    """Install what another host had; the ids of what stands."""
    stand = set()
    if before is not None and before.elsewhere is not None:
        for sa_set in before.known:
            at = before.elsewhere.get(sa_set.set_id)
            try:
                if at is not None:
                    backend.take_over(sa_set, at)
                    stand.add(sa_set.set_id)
            except InstallError as error:
                _log.warning("set %d is not taken over: %s", sa_set.set_id, error)
    return stand


def _tell(backend: KernelBackend) -> None:
    """Log what the kernel says: something of ours is not as it was installed."""
    for event in backend.events.read():
        _log.warning("ipsec: %s", event)


def _watched(wire: RawWire, loop: AbstractEventLoop) -> Ipsec:
    closing = ExitStack()
    closing.callback(wire.shut_down)
    for fd, readable in wire.readers().items():
        loop.add_reader(fd, readable)
        closing.callback(loop.remove_reader, fd)
    return Ipsec(wire, wire.guard, closing.close)


def lack(error: OSError) -> str:
    """What is missing, and what to do about it."""
    if error.filename == BPF:
        why = "CAP_BPF" if error.errno in (EACCES, EPERM) else f"bpf(2) of the kernel: {reason_of(error)}"
        return f"several workers with ESP in user space need {why}; or give node.workers = 1"
    if error.filename == "/dev/net/tun" and error.errno in (EACCES, EPERM):
        return "/dev/net/tun may not be opened: run as root, or with CAP_NET_ADMIN and access to it"
    if error.filename == "/dev/net/tun" and error.errno in (ENOENT, ENXIO, ENODEV):
        return "/dev/net/tun is missing: load the kernel module tun"
    if error.errno in (EACCES, EPERM):
        return "needs CAP_NET_ADMIN and CAP_NET_RAW (TUN device, rules, raw sockets): run as root"
    return f"user-space ESP cannot start: {error}"
