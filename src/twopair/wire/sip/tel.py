"""Telephone numbers as URIs: ``tel:+1-555-010-0001``, ``tel:7042;phone-context=ims.example`` (RFC 3966)."""

import re
from dataclasses import dataclass, field
from typing import Final, Self

from twopair.base import WireError
from twopair.wire.sip.params import Params, parse_params, print_params

_NUMBER: Final = re.compile(r"(\+?)[().-]*+[0-9A-F*#][0-9A-F*#().-]*+", re.IGNORECASE | re.ASCII)
_GLOBAL: Final = re.compile(r"\+[0-9().-]++", re.ASCII)
_SEPARATORS: Final = str.maketrans("", "", "-.()")
_DIGITS: Final = frozenset({"ext", "phone-context"})
"""Parameters whose values may be digits with visual separators among them."""


@dataclass(slots=True)
class TelUri:
    """One telephone number.

    Args:
        number: as written; a global one begins with ``+``. A local one ought to have a ``phone-context``,
            which phones leave out of short numbers.
        params: in order, names in lower case.
    """

    number: str
    params: Params = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one URI. Raises WireError for anything else, URIs of other schemes included."""
        scheme, _, subscriber = text.partition(":")
        if scheme.lower() != "tel":
            raise WireError("not a tel URI", 0, "RFC 3966 §3")
        return cls.of_subscriber(subscriber)

    @classmethod
    def of_subscriber(cls, text: str) -> Self:
        """Read what stands behind the scheme, or in the user part of a SIP URI with ``user=phone``.

        Raises:
            WireError: it is no number with parameters.
        """
        number, _, params = text.partition(";")
        found = _NUMBER.fullmatch(number)
        if found is None or (found[1] and not _GLOBAL.fullmatch(number)):
            raise WireError("not a telephone number", 0, "RFC 3966 §3")
        return cls(number, parse_params(params))

    @property
    def digits(self) -> str:
        """The number without visual separators, with its ``+`` if it is global."""
        return self.number.translate(_SEPARATORS).lower()

    @property
    def subscriber_key(self) -> str:
        """What the numbers of equal URIs have in common: no separators, lower case, parameters in order."""
        if not self.params:
            return self.digits
        return self.digits + print_params(
            {name: _bare(name, self.params[name]) for name in sorted(self.params)}
        )

    @property
    def key(self) -> str:
        """One text for all URIs that are equal to this one (RFC 3966 §4)."""
        return f"tel:{self.subscriber_key}"

    def __str__(self) -> str:
        return f"tel:{self.number}{print_params(self.params)}"


def _bare(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    return (value.translate(_SEPARATORS) if name in _DIGITS and _is_number(value) else value).lower()


def _is_number(value: str) -> bool:
    """Not a host name, of which the dots and hyphens count."""
    return _NUMBER.fullmatch(value) is not None and not any(c.isalpha() for c in value)
