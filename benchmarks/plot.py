"""Draws what was kept of each commit: ``python -m benchmarks.plot`` writes docs/how-to/benchmark.svg.

Above: ratios to Kamailio's relay, a point for each record, with the goal as a dashed line. Below: what each
number of UEs costs in the newest record.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.goals import GOALS, WHEELS
from benchmarks.record import Record, records
from benchmarks.rounds import Spread

PICTURE: Final = Path(__file__).parents[1] / "docs/how-to/benchmark.svg"
RATIOS: Final = ("MESSAGE", "first registration", "re-registration", "call")
COSTS: Final = ("MESSAGE", "registration", "re-registration", "call")
COLOURS: Final = {"pure": "#2868a8", "compiled": "#b04a20"}


def history(kept: Sequence[Record], wheel: str, figure: str) -> list[tuple[int, Spread]]:
    """Number of the record, and the figure, where there is one."""
    found = ((number, record.figures.get(wheel, {}).get(figure)) for number, record in enumerate(kept))
    return [(number, spread) for number, spread in found if spread is not None]


def by_ues(record: Record, wheel: str, work: str) -> list[tuple[int, Spread]]:
    """Number of UEs, and what the work costs, ascending."""
    found = {}
    for what, spread in record.figures.get(wheel, {}).items():
        name, _, rest = what.partition(", ")
        if name == work and rest.endswith(" UEs, µs"):
            found[int(rest.removesuffix(" UEs, µs"))] = spread
    return sorted(found.items())


def goals(figure: str) -> Iterator[tuple[str, float]]:
    """Wheel and goal of a figure."""
    for goal in GOALS:
        if goal.figure == figure:
            yield from goal.most.items()


def draw(kept: Sequence[Record], file: Path) -> None:
    """Draw the records, oldest first."""
    import matplotlib as mpl  # noqa: PLC0415 - nobody else needs it

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "twopair", "font.size": 8, "axes.grid": True, "grid.alpha": 0.3})
    from matplotlib import pyplot  # noqa: PLC0415

    picture, (above, below) = pyplot.subplots(2, len(RATIOS), figsize=(12, 6), layout="constrained")
    for axes, work in zip(above, RATIOS, strict=True):
        _ratios(axes, kept, work)
    for axes, work in zip(below, COSTS, strict=True):
        _costs(axes, kept[-1], work)
    handles, labels = below[0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside lower center", ncols=len(WHEELS))
    picture.savefig(file, metadata={"Date": None})
    pyplot.close(picture)


def _ratios(axes: Any, kept: Sequence[Record], work: str) -> None:
    figure = f"{work} : relay"
    for wheel in WHEELS:
        _line(axes, history(kept, wheel, figure), wheel)
    for wheel, goal in goals(figure):
        axes.axhline(goal, color=COLOURS[wheel], linestyle="--", linewidth=0.8)
    axes.set_title(f"{work}, times Kamailio's relay")
    axes.set_xticks(range(len(kept)), [record.commit for record in kept], rotation=30)
    axes.set_ylim(bottom=0)


def _costs(axes: Any, record: Record, work: str) -> None:
    for wheel in WHEELS:
        _line(axes, by_ues(record, wheel, work), wheel)
    axes.set_title(f"{work}, µs, by UEs ({record.commit})")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)


def _line(axes: Any, points: Sequence[tuple[int, Spread]], wheel: str) -> None:
    middles = [spread.middle for _, spread in points]
    least = [spread.middle - spread.least for _, spread in points]
    most = [spread.most - spread.middle for _, spread in points]
    axes.errorbar(
        [x for x, _ in points], middles, yerr=[least, most],
        label=wheel, color=COLOURS[wheel], marker="o", markersize=3, linewidth=1, capsize=2, elinewidth=0.6,
    )  # fmt: skip


if __name__ == "__main__":
    draw(list(records()), PICTURE)
