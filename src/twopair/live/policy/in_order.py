"""Questions about one session one after the other, those of several side by side."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final

AT_ONCE: Final = 10_000
"""Sessions that may have questions open."""


class InOrder:
    """Runs coroutines by key: a later one begins when the earlier one has ended."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Callable[[], Coroutine[Any, Any, None]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def full(self) -> bool:
        """Whether no further session may ask."""
        return len(self._queues) >= AT_ONCE

    def begin(self, key: str, what: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run it when those before it under that key have ended; what it raises is logged by the loop."""
        queue = self._queues.get(key)
        if queue is not None:
            queue.append(what)
            return
        self._queues[key] = deque((what,))
        task = asyncio.get_running_loop().create_task(self._run(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, key: str) -> None:
        queue = self._queues[key]
        try:
            while queue:
                await queue.popleft()()
        finally:
            del self._queues[key]

    async def close(self, within_s: float) -> None:
        """Wait for what is under way, then end it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        for task in self._tasks:
            task.cancel()
