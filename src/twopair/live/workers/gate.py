"""Protected ports are closed to clear text before a worker has them, and while they are bound (SA-21)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.guard import refuse_loopback
from twopair.backends.kernel.probe import probe
from twopair.backends.userspace.ledger import device_of
from twopair.backends.userspace.queues import TunQueues
from twopair.backends.userspace.raw import guard
from twopair.backends.userspace.rules import DEVICE_PREFIX, PolicyRoutes
from twopair.base import Endpoint
from twopair.live.config import PcscfFile
from twopair.live.config.fields import BackendName
from twopair.live.ipsec import lack
from twopair.live.keeping.opened import MEMORY, places
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.sockets import Guard
from twopair.live.workers.queueing import queue_program


class Gate(NamedTuple):
    """What closes ports for all workers.

    Args:
        backend: of all of them.
        queues: of the TUN device that they share, one for each; None where there is none.
        close: closes a port, before it is bound.
        guard: for its sockets, where the back end needs that beside it.
        settle: all ports are closed that are to be.
    """

    backend: BackendName
    queues: Sequence[int | None]
    close: Callable[[Endpoint], None]
    guard: Guard | None
    settle: Callable[[], None] = lambda: None


@contextmanager
def gate_of(file: Path, settings: PcscfFile) -> Iterator[Gate]:
    """The gate that goes with the back end of the workers, `auto` as for one process.

    Raises:
        PrerequisiteMissing: the back end cannot be had here.
    """
    name, none = settings.ipsec.backend, [None] * settings.workers
    if name == "memory":
        yield Gate(name, none, lambda _endpoint: None, None)
        return
    versions = (4, 6) if any(":" in address for address in settings.gm.addresses) else (4,)
    lacks = "" if name == "userspace" else probe().lacking(settings.config().algorithms, versions)
    if name == "kernel" and lacks:
        raise PrerequisiteMissing(f'ipsec.backend = "kernel": {lacks}')
    if name == "userspace" or lacks:
        with _of_user_space(file, settings) as gate:
            yield gate
        return
    with _of_kernel(settings) as backend:
        yield Gate("kernel", none, backend.close, refuse_loopback)


@contextmanager
def _of_user_space(file: Path, settings: PcscfFile) -> Iterator[Gate]:
    """A TUN device with a queue for each worker, and the rules that lead protected ports through it."""
    kept = settings.store.url != MEMORY
    index = device_of(places(file, settings).counters) if kept else 0
    with ExitStack() as opened:
        try:
            tun = TunQueues(f"{DEVICE_PREFIX}%d", settings.workers, index, queue_program(settings.workers))
            opened.callback(tun.close)
            routes = PolicyRoutes(tun.name, settings.ipsec.mtu, inherits=bool(index))
            opened.callback(routes.close)
        except OSError as error:
            raise PrerequisiteMissing(f"ipsec: {lack(error)}") from None
        yield Gate(
            "userspace", tun.descriptors, routes.open, partial(guard, index=routes.index), routes.settle
        )


@contextmanager
def _of_kernel(settings: PcscfFile) -> Iterator[KernelBackend]:
    """Policies that close ports, and nothing else; what the dead have left goes, but for that of workers."""
    try:
        backend = KernelBackend(workers=settings.workers)
    except OSError as error:
        raise PrerequisiteMissing(f"ipsec: kernel: {error}") from None
    try:
        backend.reconcile()
        yield backend
    finally:
        (backend.shut_down if settings.store.url == MEMORY else backend.leave)()
