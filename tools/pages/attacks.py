"""The attacker table, as it stands in the threat model, and attack by attack on a page of its own."""

from collections.abc import Iterator

from tools.pages.markdown import table

from twopair.attack.attack import Attack
from twopair.attack.table import ROWS, Row, attacks_of
from twopair.base import Transport


def attacks() -> Iterator[str]:
    """Row by row: what it would lead to, and without which defences it does."""
    yield from table(
        ("attack", "undefended", "defeated by", "succeeds without"),
        ((row.name, row.effect, row.defeated_by, "; ".join(_needed(row)) or row.unproven) for row in ROWS),
    )


def every_attack() -> Iterator[str]:
    """Row by row, each with its attacks."""
    for number, row in enumerate(ROWS, 1):
        yield from ("", f"### {number}. {row.name}", "")
        yield from table(
            ("attack", "moves", "would achieve", "defeated by", "succeeds without", "virtual", "real"),
            (_cells(attack) for attack in attacks_of(row)),
        )
        if row.unproven:
            yield from ("", f"Never shown to succeed: {row.unproven}.")


def _cells(attack: Attack) -> tuple[str, ...]:
    moves = ", ".join(dict.fromkeys(type(move).__name__.lower() for move in attack.moves))
    needed = " and ".join(attack.without) or "denial only"
    stages = (_transports(where) for where in (attack.transports, attack.real))
    return (attack.name, moves or "none", attack.achieves, attack.defeated_by, needed, *stages)


def _transports(where: tuple[Transport, ...]) -> str:
    return ", ".join(transport.value for transport in where) or "none"


def _needed(row: Row) -> Iterator[str]:
    """The defences of a row's attacks, those that must be missing together joined by *and*."""
    yield from dict.fromkeys(" and ".join(attack.without) for attack in attacks_of(row) if attack.without)
