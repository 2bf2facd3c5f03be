"""The same run with a Redis that is stopped for a while before the kills (MGP-14; ADR 18)."""

from pathlib import Path
from time import monotonic, sleep
from typing import Final

from tests.interop.kills.course import Course, Outcome, Say
from tests.interop.kills.plan import Plan
from tests.interop.programs import Program, Programs
from tests.interop.test_store_outages import lines_of, redis

URL: Final = "redis://127.0.0.1:6379"
_CATCHES_UP_S: Final = 5.0
_SAID_ONCE: Final = ("store: does not answer", "store: caught up after")


class WithoutRedis(Course):
    """A course whose store is away for a while, under load.

    Args:
        outage_s: for how long.
    """

    def __init__(self, plan: Plan, folder: Path, network: Programs, say: Say, outage_s: float) -> None:
        super().__init__(plan, folder, network, say)
        self._outage_s = outage_s
        self._server: Program | None = None

    def run(self) -> Outcome:
        """See `Course`; what the P-CSCF says of it is said once."""
        self._server = redis(self._network, self._folder)
        outcome = super().run()
        log = (self._folder / "pcscf.log").read_text()
        told = {words: len(lines_of(log, words)) for words in _SAID_ONCE}
        lost = [f"{count} times in the log: {words}" for words, count in told.items() if count != 1]
        return outcome._replace(lost=outcome.lost + lost)

    def _kill(self) -> None:
        if self._server is not None:
            began = monotonic()
            self._server.kill()
            sleep(self._outage_s)
            self._server = None
            redis(self._network, self._folder)
            sleep(_CATCHES_UP_S)
            self._say(f"Redis was away for {monotonic() - began - _CATCHES_UP_S:.0f} s")
        super()._kill()


def follow_without_redis(plan: Plan, outage_s: float, folder: Path, say: Say = print) -> Outcome:
    """As `course.follow`; the plan keeps it at `URL`."""
    with Programs() as network:
        return WithoutRedis(plan, folder, network, say, outage_s).run()
