"""A subscriber as the HSS knows them (TS 29.228 §5; 23.008)."""

from dataclasses import dataclass
from typing import Self

from twopair.base import Impi, Impu, impi_from_imsi, impu_from_imsi
from twopair.core.aka.keys import AkaKeys
from twopair.core.aka.sqn import RECOMMENDED, SqnProfile


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One IMS subscription with one private identity; its IMPUs form one implicit registration set.

    Args:
        impi: private identity.
        impus: all public identities, at least one.
        keys: K with OP or OPc.
        barred: those of `impus` that serve for registration only (UEP-02).
        amf: AMF of its vectors, 2 octets.
        sqn_profile: how sequence numbers are formed.
        services: names of the services that the home network has for them, in any order.
        subscription: names the IMS subscription where it has several private identities, which may share
            public ones (23.228 §4.3.3.4); empty for one of its own.
    """

    impi: Impi
    impus: tuple[Impu, ...]
    keys: AkaKeys
    barred: frozenset[Impu] = frozenset()
    amf: bytes = b"\x00\x00"
    sqn_profile: SqnProfile = RECOMMENDED
    services: tuple[str, ...] = ()
    subscription: str = ""

    def __post_init__(self) -> None:
        if not self.associated or len(self.amf) != 2:
            raise ValueError("a subscriber has at least one IMPU that is not barred, and an AMF of 2 octets")

    @property
    def associated(self) -> tuple[Impu, ...]:
        """The IMPUs a user may use, the default one first: what P-Associated-URI lists."""
        return tuple(impu for impu in self.impus if impu not in self.barred)

    @classmethod
    def from_imsi(cls, imsi: str, keys: AkaKeys, aliases: tuple[Impu, ...] = (), mnc_digits: int = 2) -> Self:
        """A subscriber without ISIM: identities derived from the IMSI (UEP-01).

        With aliases (``sip:alice@…``, ``tel:+49…``) the temporary IMPU serves for registration only; without
        them it is the only one and may be used.

        Raises:
            ValueError: not an IMSI.
        """
        temporary = impu_from_imsi(imsi, mnc_digits)
        barred = frozenset({temporary} if aliases else ())
        return cls(impi_from_imsi(imsi, mnc_digits), (temporary, *aliases), keys, barred)
