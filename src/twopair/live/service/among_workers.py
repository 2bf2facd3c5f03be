"""One of several workers: what it knows is asked for by the process that has started it (ADR 28)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from json import dumps

from twopair.live.admin.answering import answers
from twopair.live.http.look import WHOLE, looking_at
from twopair.live.metrics.facts import FactCounts
from twopair.live.metrics.pulse import Pulse
from twopair.live.metrics.seen import Watched
from twopair.live.service.lead import Lead
from twopair.live.service.running import Running


@asynccontextmanager
async def told(running: Running, lead: Lead) -> AsyncIterator[None]:
    """Answer what is asked on the admin socket, and what is seen over HTTP, until the end."""
    facts, pulse = FactCounts(), Pulse(running.node, running.driver)
    running.driver.listen(facts)
    look = looking_at(Watched(running, facts, pulse))

    async def seen(how: str) -> AsyncIterator[str]:
        yield dumps(await look(whole=how == WHOLE))

    own = answers(running.node, running.driver, running.settings.part.number)
    with pulse.beating():
        async with lead.answering({**own, "look": seen}):
            yield
