"""Who hears of which fact."""

import asyncio

from twopair.live.ue.awaited import Awaited
from twopair.nodes.facts import CallChanged, CallStage


def anything(_fact: object) -> bool:
    return True


def test_an_outcome_is_for_the_first_who_wants_it() -> None:
    async def body() -> None:
        awaited = Awaited()
        number, first, second = awaited.expect(lambda fact: fact == 1), *map(awaited.expect, [anything] * 2)
        assert awaited.hear("a")
        assert awaited.hear("b")
        assert (first.result(), second.result(), number.done()) == ("a", "b", False)
        assert not awaited.hear("c")
        assert awaited.hear(1)
        assert number.result() == 1

    asyncio.run(body())


def test_a_stage_of_a_call_is_for_all() -> None:
    async def body() -> None:
        awaited = Awaited()
        both = [awaited.expect(anything) for _ in "ab"]
        ended = CallChanged("c", CallStage.ENDED)
        assert awaited.hear(ended)
        assert [future.result() for future in both] == [ended, ended]

    asyncio.run(body())


def test_who_has_given_up_takes_nothing() -> None:
    async def body() -> None:
        awaited = Awaited()
        gone, there = awaited.expect(anything), awaited.expect(anything)
        gone.cancel()
        assert awaited.hear("a")
        assert there.result() == "a"
        assert not awaited.hear("b")

    asyncio.run(body())
