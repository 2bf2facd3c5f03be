"""How cores ask for SA sets and hear of them; an install is one step, with an outcome of its own."""

from dataclasses import dataclass

from twopair.core.sa.sa_set import SaSet


@dataclass(slots=True, unsafe_hash=True)
class InstallSas:
    """Action: install all four SAs and their policies, or nothing; `SasInstalled` or `SasRefused` follows."""

    sa_set: SaSet


@dataclass(slots=True, unsafe_hash=True)
class RemoveSas:
    """Action: take the set's four SAs and their policies out; its TCP connections are closed."""

    set_id: int


@dataclass(slots=True, unsafe_hash=True)
class SasInstalled:
    """Event: the set stands; SM6 (P-CSCF) or SM7 (UE) may leave now (FLOW-01)."""

    set_id: int


@dataclass(slots=True, unsafe_hash=True)
class SasRefused:
    """Event: nothing of the set stands (SA-01, ERR-24); `reason` is for people."""

    set_id: int
    reason: str
