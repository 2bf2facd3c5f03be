"""docs/reference/refusals.md: what is refused to a peer, what is dropped, and which test shows it."""

import inspect
from collections.abc import Iterator

from tools.pages.citations import groups, members
from tools.pages.markdown import code, link, page, paragraph, table

from twopair.base import Refusal
from twopair.core.esp import Drop

HERE = "docs/reference"


def refusals() -> str:
    """The page."""
    return page(
        "Refusals and drops",
        _introduction(),
        _refused(),
        _dropped(),
    )


def _introduction() -> Iterator[str]:
    yield from paragraph(
        "What a peer does wrong is a value with a name, never an exception.",
        "A *refusal* ends in a SIP answer, or in silence where no status is given;",
        "a *drop* is a packet that never reaches SIP. Both are counted under their names.",
        "[How to read one](../how-to/read-a-failure.md) says where they show up.",
    )


def _refused() -> Iterator[str]:
    for number, (heading, names) in enumerate(groups(inspect.getsource(Refusal), list(Refusal.__members__))):
        if number:
            yield ""
        yield f"## Refusals: {heading}"
        yield ""
        yield from table(
            ("name", "status", "what is wrong", "clause", "tests"),
            (
                (code(r.name), str(r.status or ""), r.words, r.clause, _tests("Refusal", r.name))
                for r in map(Refusal.__getitem__, names)
            ),
        )


def _dropped() -> Iterator[str]:
    for number, (heading, names) in enumerate(groups(inspect.getsource(Drop), list(Drop.__members__))):
        if number:
            yield ""
        yield f"## Drops: {heading}"
        yield ""
        yield from table(
            ("name", "what is wrong", "clause", "tests"),
            ((code(d.name), d.words, d.clause, _tests("Drop", d.name)) for d in map(Drop.__getitem__, names)),
        )


def _tests(enum: str, name: str) -> str:
    """The tests that name a member, or the files where it only stands in a table of cases."""
    places: dict[str, list[str]] = {}
    for path, function in members(enum)[name]:
        places.setdefault(link(path, HERE, path.stem), []).append(function)
    return "; ".join(
        f"{where}: {', '.join(map(code, named))}" if (named := [f for f in functions if f]) else where
        for where, functions in places.items()
    )
