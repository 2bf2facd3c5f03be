"""Protected ports are closed to clear text before a worker has them, and while they are bound (SA-21)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from twopair.backends.kernel.backend import KernelBackend
from twopair.backends.kernel.guard import refuse_loopback
from twopair.backends.kernel.probe import probe
from twopair.base import Endpoint
from twopair.live.config import PcscfFile
from twopair.live.config.fields import BackendName
from twopair.live.keeping.opened import MEMORY
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.sockets import Guard


class Gate(NamedTuple):
    """What closes ports for all workers.

    Args:
        backend: of all of them.
        close: closes a port, before it is bound.
        guard: for its sockets, where the back end needs that beside it.
    """

    backend: BackendName
    close: Callable[[Endpoint], None]
    guard: Guard | None


_ALONE: Final = "is of one process; give node.workers = 1, or a kernel with ESP"


@contextmanager
def gate_of(settings: PcscfFile) -> Iterator[Gate]:
    """The gate that goes with the back end of the workers.

    Raises:
        PrerequisiteMissing: there is no back end here that several can use.
    """
    name = settings.ipsec.backend
    if name == "memory":
        yield Gate(name, lambda _endpoint: None, None)
        return
    if name == "userspace":
        raise PrerequisiteMissing(f'ipsec.backend = "userspace": {_ALONE}')
    versions = (4, 6) if any(":" in address for address in settings.gm.addresses) else (4,)
    if lacks := probe().lacking(settings.config().algorithms, versions):
        words = _ALONE if name == "auto" else ""
        raise PrerequisiteMissing(
            f'ipsec.backend = "{name}": {"; user space ".join(filter(None, (lacks, words)))}'
        )
    with _of_kernel(settings) as backend:
        yield Gate("kernel", backend.close, refuse_loopback)


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
