"""Waiting for one of several events."""

from asyncio import FIRST_COMPLETED, Event, create_task, wait


async def either(*events: Event) -> None:
    """Until one of them is set."""
    waiting = [create_task(event.wait()) for event in events]
    try:
        await wait(waiting, return_when=FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
