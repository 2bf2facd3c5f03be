"""The IPsec back end of a service: what the configuration asks for, and what this machine can do."""

import logging
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import ExitStack
from errno import EACCES, ENODEV, ENOENT, ENXIO, EPERM
from typing import Final, NamedTuple

from twopair.backends.contract import IpsecBackend
from twopair.backends.memory import MemoryBackend
from twopair.backends.userspace.raw import RawWire
from twopair.live.config.fields import BackendName
from twopair.live.entropy import OsEntropy
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.sockets import Guard

_log = logging.getLogger(__name__)

_NO_KERNEL: Final = "this version has no kernel back end"


class Ipsec(NamedTuple):
    """A back end in operation, and what goes with it.

    Args:
        backend: the back end.
        guard: for sockets of protected ports, where the back end needs it.
        close: takes everything out and gives it back.
    """

    backend: IpsecBackend
    guard: Guard | None
    close: Callable[[], None]


def start_ipsec(name: BackendName, *, mtu: int, loop: AbstractEventLoop) -> Ipsec:
    """Put a back end into operation on the event loop; says on the log which, and why.

    Raises:
        PrerequisiteMissing: this version or this machine lacks it.
    """
    if name == "kernel":
        raise PrerequisiteMissing(f'ipsec.backend = "kernel": {_NO_KERNEL}; use "userspace" or "auto"')
    if name == "memory":
        _log.warning('ipsec.backend = "memory": NOTHING IS PROTECTED; for measurements on loopback only')
        return Ipsec(MemoryBackend(), None, lambda: None)
    _log.info("ipsec: userspace%s", f" ({_NO_KERNEL})" if name == "auto" else "")
    try:
        wire = RawWire(OsEntropy(), mtu=mtu)
    except OSError as error:
        raise PrerequisiteMissing(f"ipsec: {_lack(error)}") from None
    return _watched(wire, loop)


def _watched(wire: RawWire, loop: AbstractEventLoop) -> Ipsec:
    closing = ExitStack()
    closing.callback(wire.shut_down)
    for fd, readable in wire.readers().items():
        loop.add_reader(fd, readable)
        closing.callback(loop.remove_reader, fd)
    return Ipsec(wire, wire.guard, closing.close)


def _lack(error: OSError) -> str:
    """What is missing, and what to do about it."""
    if error.filename == "/dev/net/tun" and error.errno in (EACCES, EPERM):
        return "/dev/net/tun may not be opened: run as root, or with CAP_NET_ADMIN and access to it"
    if error.filename == "/dev/net/tun" and error.errno in (ENOENT, ENXIO, ENODEV):
        return "/dev/net/tun is missing: load the kernel module tun"
    if error.errno in (EACCES, EPERM):
        return "needs CAP_NET_ADMIN and CAP_NET_RAW (TUN device, rules, raw sockets): run as root"
    return f"user-space ESP cannot start: {error}"
