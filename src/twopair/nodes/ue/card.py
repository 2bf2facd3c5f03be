"""What a UE needs of its card (AKA-18)."""

from typing import Protocol

from twopair.base import Impi, Impu
from twopair.nodes.ue.gm import AkaCard


class Card(AkaCard, Protocol):
    """A card with its identities; `twopair.core.aka.Card` is one."""

    @property
    def impi(self) -> Impi:
        """Private identity."""
        ...

    @property
    def impus(self) -> tuple[Impu, ...]:
        """Public identities; the first is registered."""
        ...

    @property
    def domain(self) -> str:
        """Home network domain."""
        ...
