"""Who a subscriber is and what its card holds: the same keys in ue.toml and home.toml."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from twopair.base import Impi, Impu, home_domain, impi_from_imsi, impu_from_imsi
from twopair.core.aka import AkaKeys
from twopair.core.aka.keys import KEY_OCTETS
from twopair.live.config.fields import SecretHex, Section, Word
from twopair.live.config.together import Place, Rule, check

_OF_3GPP: Final = r"ims\.mnc[0-9]{3}\.mcc[0-9]{3}\.3gppnetwork\.org"

Imsi = Annotated[str, Field(pattern=r"^[0-9]{6,15}$")]
PublicIdentity = Annotated[str, Field(pattern=r"^(sip|sips|tel):\S+$")]


def _no_identity(file: Any) -> Iterator[Place]:
    explicit = ("impi", "impu", "domain")
    if file.imsi is None:
        missing = [key for key in explicit if getattr(file, key) is None]
        yield from ((key,) for key in (["imsi"] if len(missing) == len(explicit) else missing))


def _one(key: str, broken: Callable[[Any], bool]) -> Callable[[Any], Iterator[Place]]:
    return lambda file: iter([(key,)] if broken(file) else ())


def _of_wrong_length(algorithm: str) -> Iterator[Rule]:
    of_k, of_op = KEY_OCTETS[algorithm]
    for key, right in (("k", of_k), ("op", (of_op,)), ("opc", (of_op,))):
        yield Rule(
            f"of another length than {algorithm} takes; give {' or '.join(map(str, right))} octets",
            _one(key, partial(_is_of_other_length, algorithm, key, right)),
        )


def _is_of_other_length(algorithm: str, key: str, right: tuple[int, ...], file: Any) -> bool:
    secret = getattr(file, key)
    return file.algorithm == algorithm and secret is not None and len(secret) not in right


_CREDENTIALS: Final[tuple[Rule, ...]] = (
    Rule(
        "has imsi beside it; keep imsi, or impi, impu and domain",
        _one("impi", lambda file: None not in (file.imsi, file.impi)),
    ),
    Rule("is missing; give imsi, or impi, impu and domain", _no_identity),
    Rule(
        "has op beside it; keep op, or opc",
        _one("opc", lambda file: None not in (file.op, file.opc)),
    ),
    Rule("is missing; give opc, or op", _one("opc", lambda file: file.op is None and file.opc is None)),
    *(rule for algorithm in KEY_OCTETS for rule in _of_wrong_length(algorithm)),
)


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
        check(self, _CREDENTIALS)
        self.keys()
        return self

    def of_other_network(self, domain: str | None) -> str | None:
        """In words that a domain of 3GPP form is one of another MCC or MNC than the IMSI's (23.003 §13.2)."""
        if self.imsi is None or domain is None or not re.fullmatch(_OF_3GPP, domain.lower()):
            return None
        own = home_domain(self.imsi, self.mnc_digits)
        return None if domain.lower() == own else f"not of {domain}; its domain is {own}"

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
