"""What a scenario tells those who wait for its end."""

import asyncio
from typing import Any, cast

from twopair.demo.network import recording_of
from twopair.demo.play import Play
from twopair.live.lab import usual


class Clock:
    """A network of which only the time is asked."""

    def now(self) -> int:
        return 0


def test_a_scene_that_lasts_is_told_again() -> None:
    """Who began to wonder in the midst of a scene hears which it is; nothing is told when it is over."""
    told: list[str] = []
    plan = usual()

    async def run() -> None:
        play = Play(plan, cast("Any", Clock()), recording_of(plan), told.append)
        reminding = asyncio.create_task(play.remind(0.0))
        play.scene("one")
        play.tell("two")
        for _ in range(5):
            await asyncio.sleep(0)
        reminding.cancel()
        await asyncio.sleep(0)
        told.append("over")
        await asyncio.sleep(0)

    asyncio.run(run())
    assert told[:2] == ["one", "two"]
    assert told[2:-1].count("two") == len(told) - 3 >= 1
    assert told[-1] == "over"
