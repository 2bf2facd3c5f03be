"""The sockets of all workers, which the process that starts them opens and keeps.

They are open as long as the P-CSCF is there: a worker that ends leaves its place in no group. What comes for
it waits in its sockets, where the one that follows reads it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import SO_REUSEPORT, SOL_SOCKET, socket
from typing import NamedTuple

from twopair.base import Endpoint, Port, canonical_address
from twopair.live.config import PcscfFile
from twopair.live.config.part import Part
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.sockets import (
    Guard,
    ThisHost,
    connecting_socket,
    datagram_socket,
    listening_socket,
    reason_of,
)
from twopair.live.unbound import Unbound, refuse
from twopair.live.workers.steering import steer


class Door(NamedTuple):
    """A port on Gm.

    Args:
        local: the endpoint.
        protected: whether it is closed to what did not come out of ESP (SA-21).
        listen: whether TCP is accepted.
    """

    local: Endpoint
    protected: bool
    listen: bool


def doors(settings: PcscfFile) -> Iterator[Door]:
    """Those of a P-CSCF, the protected ones first: while they are not closed, nobody can register."""
    gm = settings.gm
    for address in gm.addresses:
        for port in gm.port_pc:
            yield Door(Endpoint(address, Port(port)), protected=True, listen=False)
        yield Door(Endpoint(address, Port(gm.port_ps)), protected=True, listen=True)
        yield Door(Endpoint(address, Port(gm.port)), protected=False, listen=True)


class Shared:
    """Sockets by worker.

    Args:
        file: the configuration.
        settings: what is in it.
        close: closes a protected port before it is bound.
        guard: what its sockets have beside that.

    Attributes:
        of: the sockets of each worker, the first one's first.

    Raises:
        ConfigError: an address is not one of this machine.
        PrerequisiteMissing: a port is another program's, not for this user, or the kernel cannot steer.
    """

    def __init__(
        self, file: Path, settings: PcscfFile, close: Callable[[Endpoint], None], guard: Guard | None
    ) -> None:
        workers = settings.workers
        self._file = file
        self.of: list[list[socket]] = [[] for _ in range(workers)]
        with ExitStack() as opened:
            self._closing = opened
            for door in doors(settings):
                with _tried(file, settings, door.local):
                    if door.protected:
                        close(door.local)
                    self._group(door, guard if door.protected else None)
            for number, own in enumerate(self.of, 1):
                part = settings.for_worker(Part(number, workers))
                with _tried(file, part, part.core_at):
                    own.append(opened.enter_context(datagram_socket(ThisHost(), part.core_at)))
            self._closing = opened.pop_all()

    def close(self) -> None:
        """Close all of them."""
        self._closing.close()

    def _group(self, door: Door, guard: Guard | None) -> None:
        _be_alone(door, guard)
        makes = (datagram_socket, listening_socket) if door.listen else (datagram_socket,)
        for make in makes:
            for place, own in enumerate(self.of):
                together = _together(self._file, guard)
                sock = self._closing.enter_context(make(ThisHost(), door.local, together))
                own.append(sock)
                if not place:
                    with _steered(self._file):
                        steer(sock, len(self.of))


def _be_alone(door: Door, guard: Guard | None) -> None:
    """Raises OSError for a port that somebody has: a group takes in whoever is of the same user and asks."""
    datagram_socket(ThisHost(), door.local, guard).close()
    if door.listen:
        connecting_socket(ThisHost(), door.local, guard).close()


def _together(file: Path, guard: Guard | None) -> Guard:
    """What a socket needs to be one of a group, before it is bound."""

    def prepare(sock: socket) -> None:
        with _steered(file):
            sock.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        if guard is not None:
            guard(sock)

    return prepare


@contextmanager
def _steered(file: Path) -> Iterator[None]:
    """What this kernel has to be able to do, or it has no workers."""
    try:
        yield
    except OSError as error:
        raise PrerequisiteMissing(
            f"{file}: node.workers: this kernel cannot steer what comes to one of them "
            f"(SO_ATTACH_REUSEPORT_CBPF, Linux 4.5): {reason_of(error)}; give 1, "
            "or run a P-CSCF for each address of Gm"
        ) from None


@contextmanager
def _tried(file: Path, settings: PcscfFile, local: Endpoint) -> Iterator[None]:
    """Faults of an endpoint that is bound, in the words of a P-CSCF of one process."""
    try:
        yield
    except OSError as error:
        refuse(file, [Unbound(local, error)], settings.endpoints())
        raise


class Handed(ThisHost):
    """The network stack of a worker: what was opened for it is bound already.

    Args:
        descriptors: of those sockets.
    """

    def __init__(self, descriptors: Sequence[int]) -> None:
        self._sockets: dict[tuple[Endpoint, int], socket] = {}
        for descriptor in descriptors:
            sock = socket(fileno=descriptor)
            address, port = sock.getsockname()[:2]
            self._sockets[Endpoint(canonical_address(address), Port(port)), sock.type] = sock

    def handed(self, local: Endpoint, kind: int) -> socket | None:
        """See `SocketFactory`. Who closes it closes a copy."""
        found = self._sockets.get((local, kind))
        if found is None:
            return None
        sock = socket(fileno=os.dup(found.fileno()))
        sock.setblocking(False)
        return sock
