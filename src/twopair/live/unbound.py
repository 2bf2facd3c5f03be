"""What is said at start of endpoints that could not be bound (ADR 17): one line, with the key in it."""

from collections.abc import Iterable, Sequence
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from pathlib import Path
from typing import Final, NamedTuple

from twopair.base import Endpoint
from twopair.live.config import ConfigError
from twopair.live.config.endpoints import DRAWN, Keys
from twopair.live.prerequisite import PrerequisiteMissing
from twopair.live.sockets import reason_of


class Unbound(NamedTuple):
    """An endpoint that could not be bound.

    Args:
        local: the endpoint.
        error: why.
    """

    local: Endpoint
    error: OSError

    def __str__(self) -> str:
        return f"{self.local}: {reason_of(self.error)}"


_OF_THE_MACHINE: Final = {
    EADDRINUSE: "another program has it at {address}; end that program, or give another port",
    EACCES: "this user may not have it; run with CAP_NET_BIND_SERVICE, or give a port from 1024 on",
}
"""What is mended on the machine: exit code 3."""


def refuse(file: Path, unbound: Sequence[Unbound], keys: Iterable[tuple[Endpoint, Keys]]) -> None:
    """Say what is wrong with the first of them; the others have mostly the same cause.

    Args:
        file: the configuration file.
        unbound: what could not be bound; nothing happens if there is none.
        keys: where endpoints come from.

    Raises:
        ConfigError: the address is not one of this machine.
        PrerequisiteMissing: another program has the port, or this user may not have it.
    """
    if not unbound:
        return
    local, error = min(unbound, key=lambda one: one.error.errno != EADDRNOTAVAIL)
    known = dict(keys)
    key = known.get(local) or known.get(Endpoint(local.address, DRAWN))
    if key is None:
        raise PrerequisiteMissing(f"{file}: {local}: {reason_of(error)}")
    if error.errno == EADDRNOTAVAIL:
        words = "not an address of this machine; give one of its own"
        written = key.written if key.address == key.port else f'"{local.address}"'
        raise ConfigError([f"{file}: {key.address} = {written}: {words}"])
    words = _OF_THE_MACHINE.get(error.errno or 0, f"cannot be had at {{address}} ({reason_of(error)})")
    raise PrerequisiteMissing(f"{file}: {key.port} = {key.written}: {words.format(address=local.address)}")
