"""docs/reference/causes.md: the table by which `twopair explain` names a cause."""

from collections.abc import Iterator

from tools.pages.markdown import code, page, paragraph, table

from twopair.core.explain import CAUSES
from twopair.core.explain.diary import DIARIES, LINES


def causes() -> str:
    """The page."""
    return page("Causes", _introduction(), _rows(), _limits())


def _introduction() -> Iterator[str]:
    yield from paragraph(
        "`twopair explain WHO` goes through this table from above, and names the first cause that the diary",
        "of the UE proves; the lines that prove it are printed with it.",
        "Several rows may have one name.",
        "[Why is a phone not registered?](../how-to/why-not-registered.md) shows its use.",
    )


def _rows() -> Iterator[str]:
    yield from table(
        ("cause", "what it says", "what to do", "clause"),
        ((code(c.name), c.sentence, c.advice, c.clause) for c in CAUSES),
    )


def _limits() -> Iterator[str]:
    yield from paragraph(
        f"A diary has the last {LINES} lines of a UE, none older than a day.",
        f"There are at most {DIARIES:,} (`limits.diaries`) of UEs that were registered once,",
        "as many of UEs that never were,",
        "and as many of addresses for what nobody can say whose it was; of each kind the oldest go.",
        "They are gone when the P-CSCF ends.",
    )
