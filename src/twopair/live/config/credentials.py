"""Who a subscriber is and what its card holds: the same keys in ue.toml and home.toml."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from twopair.base import Impi, Impu, home_domain, impi_from_imsi, impu_from_imsi
from twopair.core.aka import AkaKeys
from twopair.live.config.fields import SecretHex, Section, Word

Imsi = Annotated[str, Field(pattern=r"^[0-9]{6,15}$")]
PublicIdentity = Annotated[str, Field(pattern=r"^(sip|sips|tel):\S+$")]


class Credentials(Section):
    """Identities from the IMSI (UEP-01), or given one by one; K with either OP or OPc (AKA-50)."""

    imsi: Imsi | None = None
    mnc_digits: Literal[2, 3] = 2
    impi: Word | None = None
    impu: PublicIdentity | None = None
    domain: Word | None = None
    k: SecretHex
    op: SecretHex | None = None
    opc: SecretHex | None = None
    algorithm: Literal["milenage", "tuak"] = "milenage"

    @model_validator(mode="after")
    def _complete(self) -> "Credentials":
        explicit = (self.impi, self.impu, self.domain)
        if self.imsi is not None and self.impi is not None:
            raise ValueError("both imsi and impi are given; keep imsi, or impi, impu and domain")
        if self.imsi is None and None in explicit:
            raise ValueError("no identity; give imsi, or impi, impu and domain")
        self.keys()
        return self

    @property
    def private_identity(self) -> Impi:
        """The IMPI."""
        return Impi(self.impi) if self.impi else impi_from_imsi(self.imsi or "", self.mnc_digits)

    @property
    def public_identity(self) -> Impu:
        """The IMPU that is registered."""
        return Impu(self.impu) if self.impu else impu_from_imsi(self.imsi or "", self.mnc_digits)

    @property
    def home(self) -> str:
        """The home network domain."""
        return self.domain or home_domain(self.imsi or "", self.mnc_digits)

    def keys(self) -> AkaKeys:
        """The secrets. Raises ValueError where K, OP or OPc do not fit the algorithm."""
        return AkaKeys(self.k, op=self.op, opc=self.opc, algorithm=self.algorithm)
