"""The attacker table in docs/explanation/threat-model.md, with the attacks that are made for it."""

from collections.abc import Iterator

from tools.pages.markdown import table

from twopair.attack.table import ROWS, Row, attacks_of


def attacks() -> Iterator[str]:
    """Row by row: what it would lead to, and without which defences it does."""
    yield from table(
        ("attack", "undefended", "defeated by", "succeeds without"),
        ((row.name, row.effect, row.defeated_by, "; ".join(_needed(row)) or row.unproven) for row in ROWS),
    )


def _needed(row: Row) -> Iterator[str]:
    """The defences of a row's attacks, those that must be missing together joined by *and*."""
    yield from dict.fromkeys(" and ".join(attack.without) for attack in attacks_of(row) if attack.without)
