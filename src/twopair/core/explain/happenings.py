"""What can stand in a diary: things that happened between one UE and its P-CSCF, with words for people."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from twopair.base import Micros, Refusal
from twopair.core.registration.brought import Brought
from twopair.core.sa import Stage


class Counts(NamedTuple):
    """What the SAs of a set received.

    Args:
        packets: that came out of ESP.
        bad_icv: dropped for their integrity check value.
        mismatched: whole, and dropped for ports or addresses that are not the SA's.
        replayed: dropped as replays.
        clear: packets in the clear to protected ports that were dropped on this host meanwhile, of whomever.
    """

    packets: int = 0
    bad_icv: int = 0
    mismatched: int = 0
    replayed: int = 0
    clear: int = 0

    def __str__(self) -> str:
        """For people."""
        faults = {
            "failed the integrity check": self.bad_icv,
            "for other ports or addresses": self.mismatched,
            "replayed": self.replayed,
            "in the clear to protected ports dropped on this host meanwhile": self.clear,
        }
        told = (f"{_packets(count)} {words}" for words, count in faults.items() if count)
        return ", ".join((f"{_packets(self.packets)} came out of its SAs", *told))


def _packets(count: int) -> str:
    return f"{count} packet" if count == 1 else f"{count} packets"


@dataclass(frozen=True, slots=True)
class Came:
    """A REGISTER that could be read.

    Args:
        address: where it came from.
        via: the address that its Via names, where that is another one.
        over: stage of the SA set it came over, None in the clear.
        brought: what it says of a challenge.
    """

    address: str
    via: str
    over: Stage | None
    brought: Brought

    def __str__(self) -> str:
        """For people."""
        way = "in the clear" if self.over is None else f"over an SA set that is {self.over.value}"
        via = f", its Via says {self.via}" if self.via else ""
        return f"REGISTER from {self.address}{via}, {way}, with {self.brought.value}"


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt ended.

    Args:
        status: what the UE was answered.
        reason: of the answer, or ours.
        refusal: what we refused, None where the core did.
        detail: the value at fault.
    """

    status: int
    reason: str
    refusal: Refusal | None = None
    detail: str = ""

    @property
    def answered(self) -> bool:
        """Whether there was a REGISTER to answer; a challenge that runs out has none."""
        return bool(self.status) or self.refusal is not None

    def __str__(self) -> str:
        """For people."""
        if self.refusal is None:
            return f"the core answered {self.status} {self.reason}" if self.status else self.reason
        detail = f": {self.detail}" if self.detail else ""
        return f"refused {self.refusal.name}, {self.refusal.words} ({self.refusal.clause}){detail}"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """200 OK to a REGISTER: the registration stands."""

    impu: str
    expires_s: int

    def __str__(self) -> str:
        """For people."""
        return f"200 OK: {self.impu} is registered for {self.expires_s} s"


class By(Enum):
    """Who has ended a registration."""

    USER = "the UE"
    NETWORK = "the home network"
    TIME = "nobody: its time was over"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Left:
    """The registration ended; `by` tells how."""

    by: By
    reason: str

    def __str__(self) -> str:
        """For people."""
        return f"the registration ended: {self.reason}"


@dataclass(frozen=True, slots=True)
class Staged:
    """An SA set came to a stage; `counts` where it was removed and had never been confirmed."""

    set_id: int
    stage: Stage
    counts: Counts | None = None

    def __str__(self) -> str:
        """For people."""
        if self.counts is not None:
            return f"SA set {self.set_id} was removed, never confirmed: {self.counts}"
        return f"SA set {self.set_id} is {self.stage.value}"


@dataclass(frozen=True, slots=True)
class Standing:
    """An SA set as it stands at this moment."""

    set_id: int
    stage: Stage
    address: str
    counts: Counts

    def __str__(self) -> str:
        """For people."""
        return f"SA set {self.set_id} with {self.address} stands, {self.stage.value}: {self.counts}"


@dataclass(frozen=True, slots=True)
class Dismissed:
    """Something was refused that nobody can say whose it was; `times` one after the other."""

    refusal: Refusal
    address: str
    detail: str = ""
    times: int = 1

    def like(self, other: "Dismissed") -> bool:
        """Whether it is the same but for how often."""
        mine, its = (self.refusal, self.address, self.detail), (other.refusal, other.address, other.detail)
        return mine == its

    def __str__(self) -> str:
        """For people."""
        detail = f": {self.detail}" if self.detail else ""
        refusal = self.refusal
        often = f", {self.times} times" if self.times > 1 else ""
        return f"from {self.address}: {refusal.name}, {refusal.words} ({refusal.clause}){detail}{often}"


Happening = Came | Failed | Confirmed | Left | Staged | Standing | Dismissed


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a diary.

    Args:
        at: when.
        what: happened.
        flow: name of the registration among those of the IMPI, empty for the only one.
    """

    at: Micros
    what: Happening
    flow: str = ""
