"""HTTP of a P-CSCF that serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from twopair.live.service.running import Running


@asynccontextmanager
async def watching(running: Running) -> AsyncIterator[None]:
    """Answer until the end, where there is a place to answer at."""
    if running.front is None:
        yield
        return
    from twopair.live.http.look import looking_at  # noqa: PLC0415  loaded where there is HTTP
    from twopair.live.http.paths import app_of  # noqa: PLC0415
    from twopair.live.http.while_serving import WhileServing  # noqa: PLC0415
    from twopair.live.metrics.facts import FactCounts  # noqa: PLC0415
    from twopair.live.metrics.pulse import Pulse  # noqa: PLC0415
    from twopair.live.metrics.seen import Watched  # noqa: PLC0415

    facts, pulse = FactCounts(), Pulse(running.node, running.driver)
    running.driver.listen(facts)
    look = looking_at(Watched(running, facts, pulse))
    with pulse.beating(), running.front.showing(app_of(WhileServing(look, running.settings.node.name))):
        yield
