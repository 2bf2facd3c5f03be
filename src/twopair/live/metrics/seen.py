"""What is seen of a P-CSCF at one moment."""

import platform
from asyncio import sleep
from typing import Final, NamedTuple

from twopair import __version__
from twopair.live.clock import monotonic
from twopair.live.keeping.writer import Lag
from twopair.live.metrics.facts import FactCounts
from twopair.live.metrics.pulse import Pulse
from twopair.live.service.running import Running
from twopair.nodes.pcscf.tally import Tally


class Watched(NamedTuple):
    """What is looked at.

    Args:
        running: the P-CSCF.
        facts: what it has reported.
        pulse: of its event loop.
    """

    running: Running
    facts: FactCounts
    pulse: Pulse


class Host(NamedTuple):
    """What is seen of a host, whether it serves or not.

    Args:
        backend: where ESP happens, "none" while it does not serve.
        ready: whether new UEs may be sent here.
        serves: whether it does, and does not stand by.
    """

    backend: str
    ready: bool
    serves: bool

    @property
    def build(self) -> tuple[str, ...]:
        """Version, Python and the back end for ESP."""
        return __version__, platform.python_version(), self.backend


class WorkerSeen(NamedTuple):
    """What is seen of the process of a worker.

    Args:
        number: from 1 on.
        serves: whether it does now.
        starts: how often it was started.
        cpu_s: that it has used, in seconds.
        resident_octets: of memory.
    """

    number: int
    serves: bool
    starts: int
    cpu_s: float
    resident_octets: int


STANDS_BY: Final = Host("none", ready=False, serves=False)


class Seen(NamedTuple):
    """What metrics are read from.

    Args:
        of: what was looked at; its counts are read now.
        host: whether it serves.
        tally: how much there was of everything.
        lag: how far the store was behind, None without one.
    """

    of: Watched
    host: Host
    tally: Tally
    lag: Lag | None


async def seen(of: Watched, *, ready: bool) -> Seen:
    """Look; signalling goes on meanwhile."""
    found = None
    for found in of.running.node.tally(monotonic()):
        if found is None:
            await sleep(0)
    assert found is not None, "a tally ends with one that is whole"
    running = of.running
    host = Host(running.ipsec.backend.features.name, ready, serves=True)
    return Seen(of, host, found, None if running.kept is None else running.kept.lag())
