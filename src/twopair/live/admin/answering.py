"""What can be asked of a running P-CSCF."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from twopair.backends.contract import IpsecBackend
from twopair.live.admin.sas import sas
from twopair.live.admin.server import AdminSocket
from twopair.live.clock import monotonic
from twopair.nodes.pcscf import Pcscf


def answering(path: str | None, node: Pcscf, backend: IpsecBackend) -> AbstractAsyncContextManager[None]:
    """Answer questions about a node at this path; nothing happens without one.

    Raises:
        PrerequisiteMissing: there can be no socket.
    """

    def shown(who: str) -> Iterator[str]:
        now = monotonic()
        return sas(node.snapshot(now), backend, who, now)

    return AdminSocket({"sas": shown}).open(Path(path) if path is not None else None)
