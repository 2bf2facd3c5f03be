"""Which registrations one IMPI may have beside each other, and which takes whose place (RFC 5626; MGU-09).

A registration is named by what its Contact says: an emergency registration by ``sos``, a flow by
``+sip.instance`` and ``reg-id`` once a 200 OK has confirmed ``outbound``, and any other by nothing at all:
there is one of that kind. UE, P-CSCF and home network tell registrations apart by the same name.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final, NamedTuple, Self

from twopair.base import WireError
from twopair.wire.sip import NameAddr

OUTBOUND: Final = "outbound"
"""Option tag of RFC 5626."""

LARGEST_REG_ID: Final = 2**31 - 1
"""RFC 5626 §11.1; the smallest is 1."""


class Kind(Enum):
    """What a registration is beside others of its IMPI."""

    ALONE = "the only one of its UE"
    FLOW = "one of several flows of its UE"
    EMERGENCY = "an emergency registration"

    __hash__ = object.__hash__


# Members of enumerations that every registration asks for (ADR 23).
_ALONE: Final = Kind.ALONE
_FLOW: Final = Kind.FLOW
_EMERGENCY: Final = Kind.EMERGENCY


class RegFlow(NamedTuple):
    """The name of a registration among those of one IMPI.

    Args:
        instance: value of ``+sip.instance``, empty where the UE did not say.
        reg_id: value of ``reg-id``, 0 where there is none, or `outbound` was not confirmed.
        sos: whether it is an emergency registration (24.229 §5.1.6.2).
    """

    instance: str = ""
    reg_id: int = 0
    sos: bool = False

    @property
    def kind(self) -> Kind:
        """What it is beside others."""
        if self.sos:
            return _EMERGENCY
        return _FLOW if self.reg_id else _ALONE

    def __str__(self) -> str:
        """Short, for people; nothing for the only one."""
        return {Kind.ALONE: "", Kind.FLOW: f"reg-id {self.reg_id}", Kind.EMERGENCY: "sos"}[self.kind]

    @classmethod
    def asked(cls, contact: str, supported: Sequence[str]) -> "RegFlow":
        """What a REGISTER asks for.

        Args:
            contact: its Contact as written; one that cannot be read, and ``*``, name nothing.
            supported: option tags of Supported and Require.
        """
        lowered = contact.lower()
        if "sos" not in lowered and "instance" not in lowered:
            return ALONE
        try:
            address = NameAddr.parse(contact)
            sos = "sos" in address.sip_uri.params
        except WireError:
            return ALONE
        instance = (address.params.get("+sip.instance") or "").strip('"')
        outbound = instance and names_outbound(supported)
        return cls(instance, 0 if sos or not outbound else reg_id(address.params.get("reg-id")), sos)

    def confirmed(self, required: Sequence[str]) -> Self:
        """What a 200 OK makes of it: without ``outbound`` a flow is the only one (RFC 5626 §6; MGU-09).

        Args:
            required: option tags of Require in the 200 OK.
        """
        flow = self.kind is _FLOW and not names_outbound(required)
        return self._replace(reg_id=0) if flow else self


ALONE: Final = RegFlow()
"""The name of a registration that has none."""


def names_outbound(tags: Iterable[str]) -> bool:
    """Whether `outbound` is among these option tags, in any case (RFC 3261 §7.3.1)."""
    return OUTBOUND in map(str.lower, tags)


def reg_id(text: str | None) -> int:
    """A reg-id, 0 for what is none (RFC 5626 §11.1)."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 10:
        return 0
    number = int(text)
    return number if number <= LARGEST_REG_ID else 0


class Whose(Enum):
    """Which registrations of a kind give way."""

    NOBODYS = "none"
    SAME = "the one of the same name"
    OF_THE_UE = "those of the same UE, as far as instances tell"
    ALL = "all"

    __hash__ = object.__hash__


_MGU_09: Final = "24.229 §5.1.1.2.1, MGU-09"
_PCS_18: Final = "24.229 §5.1.6.2, §5.2.10, PCS-18"

GIVES_WAY: Final[dict[tuple[Kind, Kind], tuple[Whose, str]]] = {
    (Kind.ALONE, Kind.ALONE): (Whose.ALL, _MGU_09),
    (Kind.ALONE, Kind.FLOW): (Whose.OF_THE_UE, _MGU_09),
    (Kind.ALONE, Kind.EMERGENCY): (Whose.NOBODYS, _PCS_18),
    (Kind.FLOW, Kind.ALONE): (Whose.OF_THE_UE, _MGU_09),
    (Kind.FLOW, Kind.FLOW): (Whose.SAME, "RFC 5626 §6, MGU-09"),
    (Kind.FLOW, Kind.EMERGENCY): (Whose.NOBODYS, _PCS_18),
    (Kind.EMERGENCY, Kind.ALONE): (Whose.NOBODYS, _PCS_18),
    (Kind.EMERGENCY, Kind.FLOW): (Whose.NOBODYS, _PCS_18),
    (Kind.EMERGENCY, Kind.EMERGENCY): (Whose.ALL, _PCS_18),
}
"""At the 200 OK of an initial registration: its kind, the kind of what stood, and what of that goes."""


def takes_place_of(new: RegFlow, stood: RegFlow) -> bool:
    """Whether a new registration of an IMPI ends another one, with its sets."""
    whose = GIVES_WAY[new.kind, stood.kind][0]
    if whose is Whose.SAME:
        return new == stood
    return whose is Whose.ALL or (whose is Whose.OF_THE_UE and _same_ue(new, stood))


def is_anew(new: RegFlow, stood: RegFlow) -> bool:
    """Whether a registration of that name is made or attempted anew, and not another beside it."""
    return new.kind is stood.kind and takes_place_of(new, stood)


def _same_ue(one: RegFlow, other: RegFlow) -> bool:
    return one.instance == other.instance or not one.instance or not other.instance
