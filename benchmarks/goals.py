"""What has to be reached, and what was measured: one table, from the file of a run.

    python -m benchmarks.goals [FILE]

Ratios are to Kamailio as plain stateful relay on one core, by turns in one run, at 1,000 UEs where nothing
else is said; in the guest they are to Kamailio as P-CSCF.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.record import RESULTS, Record
from benchmarks.rounds import Spread

WHEELS: Final = ("pure", "compiled")


class Goal(NamedTuple):
    """A line of the table.

    Args:
        what: in words.
        figure: its name in a record.
        most: for each wheel that has this goal. Smaller is better, but for `least`.
        least: whether it is the least instead.
    """

    what: str
    figure: str
    most: dict[str, float]
    least: bool = False

    def met(self, wheel: str, figure: Spread) -> bool:
        """Whether the median is as it should be."""
        goal = self.most[wheel]
        return figure.middle >= goal if self.least else figure.middle <= goal


def each(pure: float, compiled: float) -> dict[str, float]:
    """A goal for both."""
    return dict(zip(WHEELS, (pure, compiled), strict=True))


GOALS: Final = (
    Goal("MESSAGE with its 200, mean of up and down", "MESSAGE : relay", each(1.0, 0.5)),
    Goal("registration, two rounds, of a new UE", "first registration : relay", each(4.8, 3.0)),
    Goal("registration, two rounds, while registered", "registration : relay", each(4.8, 3.0)),
    Goal("re-registration over the set", "re-registration : relay", each(4.8, 3.0)),
    Goal("call, set up and released", "call : relay", each(1.0, 0.6)),
    Goal("MESSAGE, 100,000 UEs to 10", "MESSAGE, 100000 UEs : 10", each(1.1, 1.1)),
    Goal("registration, 100,000 UEs to 10", "registration, 100000 UEs : 10", each(1.1, 1.1)),
    Goal("resident for each UE after timers, kB", "kB for each UE after timers", each(6.0, 6.5)),
    Goal("two workers to one", "two workers : one", each(1.8, 1.8), least=True),
    Goal("guest: registration", "registration : P-CSCF", {"compiled": 1.0}),
    Goal("guest: MESSAGE", "MESSAGE : P-CSCF", {"compiled": 1.0}),
)


def lines(record: Record) -> Iterator[str]:
    """The table."""
    yield f"{'what':44} {'wheel':>8} {'goal':>6}  median (least..most)"
    for goal in GOALS:
        for wheel, limit in goal.most.items():
            figure = record.figures.get(wheel, {}).get(goal.figure)
            measured = "not measured"
            if figure is not None:
                measured = f"{figure:.2f}  {'met' if goal.met(wheel, figure) else 'missed'}"
            wanted = f"{'≥' if goal.least else '≤'} {limit:.1f}"
            yield f"{goal.what:44} {wheel:>8} {wanted:>6}  {measured}"


def show(file: Path) -> None:
    """Print the table of a file."""
    record = Record.read(file)
    print(f"# {record.commit}, {record.date}, {record.machine}")
    for name, words in record.wheels.items():
        print(f"# {name}: {words}")
    for command in record.commands:
        print(f"# {command}")
    print("\n".join(lines(record)))


def newest() -> Path:
    """The file of the newest record."""
    return max(RESULTS.glob("*.json"), key=lambda file: Record.read(file).date)


if __name__ == "__main__":
    show(Path(sys.argv[1]) if len(sys.argv) > 1 else newest())
