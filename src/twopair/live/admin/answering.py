"""What can be asked of a running P-CSCF."""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from twopair.live.admin.diarist import Diarist
from twopair.live.admin.explain import explained
from twopair.live.admin.sas import lines, sas
from twopair.live.admin.server import AdminSocket, Answer
from twopair.live.clock import monotonic
from twopair.live.driver import Driver
from twopair.nodes.pcscf import Pcscf


def answering(
    path: Path | None, node: Pcscf, driver: Driver, more: Mapping[str, Answer] | None = None
) -> AbstractAsyncContextManager[None]:
    """Answer questions about a node at this path, from now on; nothing happens without one.

    Args:
        path: of the socket.
        node: what is asked about.
        driver: runs it.
        more: what else can be asked.

    Raises:
        PrerequisiteMissing: there can be no socket.
    """
    if path is None:
        return AdminSocket({}).open(None)
    return AdminSocket({**answers(node, driver), **(more or {})}).open(path)


def answers(node: Pcscf, driver: Driver, worker: int = 0) -> dict[str, Answer]:
    """What is said of a node from now on.

    Args:
        node: what is asked about.
        driver: runs it.
        worker: its number, where it is one of several, and who has started them asks for `lines`.
    """
    diarist = Diarist(driver.backend, most=lambda: node.tables.config.limits.diaries)
    driver.listen(diarist)

    def shown(who: str) -> Iterator[str]:
        now = monotonic()
        return sas(node.snapshot(now), driver.backend, who, now)

    def listed(who: str) -> Iterator[str]:
        now = monotonic()
        return lines(node.snapshot(now), driver.backend, who, now, worker)

    def told(who: str) -> Iterator[str]:
        now = monotonic()
        return explained(node.snapshot(now), diarist, who, now, time.time())

    return {"sas": shown, "explain": told, "lines": listed}
