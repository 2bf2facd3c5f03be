"""A soft card: USIM or ISIM of one subscriber (AKA-18, UEP-01)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from twopair.base import Impi, Impu, home_domain, impi_from_imsi, impu_from_imsi
from twopair.core.aka.isim import AkaOutcome, Isim, Keep, forget
from twopair.core.aka.keys import AkaKeys
from twopair.core.aka.sqn import RECOMMENDED, SqnProfile, SqnUsim


@dataclass(frozen=True, slots=True)
class CardProfile:
    """What an operator writes on a card; on an ISIM the identities, on a USIM they follow from the IMSI.

    Args:
        impi: private identity.
        impus: public identities, the first is registered; at least one.
        domain: home network domain, the target of REGISTER.
        keys: K with OP or OPc.
        sqn_profile: how sequence numbers are judged.
    """

    impi: Impi
    impus: tuple[Impu, ...]
    domain: str
    keys: AkaKeys
    sqn_profile: SqnProfile = RECOMMENDED

    def __post_init__(self) -> None:
        if not (self.impi and self.impus and self.domain):
            raise ValueError("a card has an IMPI, at least one IMPU and a home domain")

    @classmethod
    def from_imsi(cls, imsi: str, keys: AkaKeys, mnc_digits: int = 2) -> Self:
        """The profile of a USIM: identities derived from the IMSI (UEP-01; 23.003 §13). Raises ValueError."""
        return cls(
            impi_from_imsi(imsi, mnc_digits),
            (impu_from_imsi(imsi, mnc_digits),),
            home_domain(imsi, mnc_digits),
            keys,
        )


class Card:
    """A card that answers challenges and remembers which sequence numbers it has seen.

    Args:
        profile: what is written on it.
        seqs: the array SEQ_MS as saved by `keep`; empty for a new card. It survives power-off (AKA-18).
        keep: saves the array before an answer leaves the card (AKA-15).
    """

    __slots__ = ("_isim", "_sqn", "profile")

    def __init__(self, profile: CardProfile, seqs: Sequence[int] = (), keep: Keep = forget) -> None:
        self.profile = profile
        self._sqn = SqnUsim(seqs, profile.sqn_profile)
        self._isim = Isim(profile.keys.functions(), self._sqn, keep)

    @property
    def impi(self) -> Impi:
        """Private identity, the username of Authorization."""
        return self.profile.impi

    @property
    def impus(self) -> tuple[Impu, ...]:
        """Public identities; the first is the one to register."""
        return self.profile.impus

    @property
    def domain(self) -> str:
        """Home network domain."""
        return self.profile.domain

    def authenticate(self, rand: bytes, autn: bytes) -> AkaOutcome:
        """Answer one challenge of 16 and 16 octets: RES with keys, or which check failed."""
        return self._isim.answer(rand, autn)

    def snapshot(self) -> tuple[int, ...]:
        """The array SEQ_MS, to be given to the next `Card` of the same profile."""
        return self._sqn.snapshot()
