"""Tables of checks: each row a rule, the refusal it ends in, its clause."""

from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any

from tools.pages.markdown import code, table
from tools.pages.words import heading

from twopair.base import Refusal
from twopair.core.registration import pcscf_checks
from twopair.core.secagree import terms
from twopair.nodes.pcscf.gm import spis


def checks(title: str, module: Any, rows: Sequence[pcscf_checks.Check[Any]]) -> Iterator[str]:
    """A table of checks that stands in `module`."""
    yield from heading(title, module)
    yield "The first that fails decides."
    yield ""
    yield from table(
        ("requirement", "refused with", "clause"),
        ((row.requirement, may_refuse(row), row.clause) for row in rows),
    )


def may_refuse(row: pcscf_checks.Check[Any]) -> str:
    """What a check refuses with."""
    return ", ".join(map(code, _named(row.judge))) or "what was found when choosing"


def _named(judge: Callable[..., Any]) -> Iterator[str]:
    """The refusals that a check's code speaks of, or the functions it calls."""
    for name in judge.__code__.co_names:
        called = judge.__globals__.get(name)
        if name in Refusal.__members__:
            yield name
        elif isinstance(called, FunctionType) and called.__module__.startswith("twopair."):
            yield from _named(called)


def server_terms() -> Iterator[str]:
    """What makes Security-Server unusable."""
    yield from heading("What makes SPIs and ports of Security-Server unusable", terms)
    yield from table(
        ("requirement", "what is wrong"), ((r.requirement, r.words) for r in terms.SERVER_TERMS_RULES)
    )


def own_spis() -> Iterator[str]:
    """Which SPIs the P-CSCF does not choose."""
    yield from heading("SPIs that the P-CSCF does not choose", spis)
    yield from table(("requirement", "clause"), ((r.requirement, r.clause) for r in spis.SPI_RULES))
