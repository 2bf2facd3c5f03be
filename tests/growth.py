"""How cost grows with the size of an input: a ratio within one process, never seconds.

Linear work costs `TIMES` times as much for an input `TIMES` times as long, quadratic work `TIMES`
squared. What else the machine does can only add to a measurement, so the least of several counts, small
and large by turns.
"""

import time
from collections.abc import Callable
from typing import Final

TIMES: Final = 8
"""How much longer the large input is."""

BOUND: Final = 3 * TIMES
"""Linear work stays below, quadratic work (64) does not."""

FLOOR_S: Final = 2e-4
"""What the clock and a call cost disappears beside this."""

ROUNDS: Final = 5


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times more the large input costs than the small one.

    Args:
        work: makes the work for an input of a size; what it returns is measured.
        size: of the small input.
    """
    small, large = work(size), work(size * TIMES)
    least = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        for which, call in enumerate((small, large)):
            started = time.thread_time()
            call()
            least[which] = min(least[which], time.thread_time() - started)
        if least[1] < BOUND * max(least[0], FLOOR_S):
            break  # further rounds could only bring it down
    return least[1] / max(least[0], FLOOR_S)
