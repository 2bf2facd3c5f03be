"""Parts that leave a check out: what an undefended implementation would have. Only tests build them in."""

from collections.abc import Collection
from hmac import compare_digest

from twopair.backends.memory import Mark as MemoryMark
from twopair.backends.memory import MemoryBackend
from twopair.base import Flow, Impu, Micros, Secret
from twopair.core.aka import AkaOutcome, Card, CardProfile, MacFailure, SqnHome, SyncFailure
from twopair.core.aka.isim import Accepted
from twopair.core.aka.sqn import SQN_OCTETS, SqnUsim
from twopair.core.aka.vector import xor
from twopair.core.esp import WHOLE, Drop
from twopair.core.sa import Claims, Conflict, SaSet, SaSetLife
from twopair.crypto import AkaFunctions
from twopair.nodes.pcscf.gm import access
from twopair.nodes.pcscf.gm.sets import LiveSet, SaTable
from twopair.wire.sip import Credentials, Response

_NO_AUTS = bytes(14)

CLEAR = dict.fromkeys(access.CLEAR)
"""Access rules that refuse nothing in the clear (UNP-01)."""


class CarelessBackend(MemoryBackend):
    """A back end that delivers what ought to be dropped.

    Args:
        forgiven: reasons for which it does not drop.
        any_spi: whether it installs sets whose SPIs are in use already.
        block: see `MemoryBackend`.
    """

    def __init__(self, forgiven: Collection[Drop] = (), *, any_spi: bool = False, block: int = WHOLE) -> None:
        super().__init__(block)
        self._forgiven = frozenset(forgiven)
        if any_spi:
            self._claims = CarelessClaims()

    def inbound(self, flow: Flow, mark: MemoryMark | None, octets: int = 0) -> Drop | None:
        """See `MemoryBackend`."""
        drop = super().inbound(flow, mark, octets)
        return None if drop in self._forgiven else drop


class CarelessClaims(Claims):
    """Claims that look at no SPI before a set is installed (SA-15, SA-16)."""

    def _conflict(self, sa_set: SaSet, _peer: str) -> Conflict | None:
        return Conflict.SET_ID_IN_USE if sa_set.set_id in self._sets else None


class CarelessCard(Card):
    """A card that does not check AUTN.

    Args:
        profile: what is written on it.
        mac: whether it checks the MAC (AKA-11).
        sqn: whether it checks the sequence number (AKA-14).
    """

    __slots__ = ("_checks_mac", "_checks_sqn", "_numbers")

    def __init__(self, profile: CardProfile, *, mac: bool, sqn: bool) -> None:
        super().__init__(profile)
        self._numbers = SqnUsim(profile=profile.sqn_profile)
        self._checks_mac = mac
        self._checks_sqn = sqn

    def authenticate(self, rand: bytes, autn: bytes) -> AkaOutcome:
        """See `Card`."""
        functions = self.profile.keys.functions()
        res, ck, ik, ak = functions.f2345(rand)
        sqn, amf, mac = xor(autn[:SQN_OCTETS], ak), autn[6:8], autn[8:]
        if self._checks_mac and not compare_digest(mac, functions.f1(rand, sqn, amf)):
            return MacFailure()
        if self._checks_sqn and not self._numbers.accept(sqn):
            return SyncFailure(_NO_AUTS)
        return Accepted(Secret(res), Secret(ck), Secret(ik))


def believe_auts(functions: AkaFunctions, sqn: SqnHome, rand: bytes, auts: bytes) -> bool:
    """An HSS that follows any AUTS, MAC-S or not (AKA-17)."""
    sqn.resynchronise(xor(auts[:SQN_OCTETS], functions.f5_star(rand)))
    return True


def believe_integrity(credentials: Credentials, integrity: str) -> Credentials:
    """A P-CSCF that leaves integrity-protected as the UE wrote it (INT-01)."""
    said = credentials.get("integrity-protected")
    return credentials if said else credentials.with_quoted("integrity-protected", integrity)


def assert_anything(uri: str, _subscriber: object) -> Impu:
    """A P-CSCF that asserts whatever identity is preferred (PCS-10)."""
    return Impu(uri)


def keep_all(_live: LiveSet) -> bool:
    """A P-CSCF that lets unfinished procedures pile up (MGP-05)."""
    return False


def any_set_vouches(live: LiveSet, _about: object) -> bool:
    """A P-CSCF to which every set that was authenticated last vouches for every REGISTER (INT-02)."""
    return live.owner.latest is live


def never(_response: Response) -> bool:
    """A UE to which every 403 is the same (ERR-09)."""
    return False


class ImmortalLife(SaSetLife):
    """A set whose lifetime is not cut when a newer one is taken into use (TMR-03)."""

    def shorten(self, until: Micros) -> None:
        """Leave it as it is."""


class AddressTable(SaTable):
    """An SA table that is content with the UE's address (SA-25)."""

    def at(self, flow: Flow) -> LiveSet | None:
        """The set of a flow, or any of that address."""
        found = super().at(flow)
        return found or next((live for live in self if live.sa_set.ue == flow.remote.address), None)
