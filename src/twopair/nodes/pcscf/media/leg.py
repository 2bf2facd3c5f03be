"""One call of one UE, as far as its media go: what both ends have described (RFC 3264; RFC 6337)."""

from collections import deque
from typing import TYPE_CHECKING

from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.wire.sdp import SessionDescription

if TYPE_CHECKING:
    from twopair.nodes.pcscf.media.passing import Passing


class Leg:
    """All dialogs of one Call-ID at one UE: forks share relay and bearer (29.214 §4.4.1).

    Args:
        owner: the UE's registration.
        call_id: Call-ID.
        address: the UE's.
        caller: tag of the end that began.
        emergency: whether it called an emergency service.

    Attributes:
        name: names the leg to relay and policy control; two UEs of one call have two.
        late: whether an offer of the end that was asked is open: INVITE had none (RFC 3261 §13.2.1).
        ue_offers: whether the latest offer was the UE's.
        offer: that offer, as the UE sees it.
        offered: octets of it; those of a repetition are the same.
        answered: octets of the latest answer, likewise.
        anchored: whether a media relay has streams of it.
        asked: whether policy control knows it.
        held: what may not overtake a description that is with the relay; that one is the first.
    """

    __slots__ = (
        "address",
        "anchored",
        "answered",
        "asked",
        "call_id",
        "caller",
        "emergency",
        "held",
        "late",
        "name",
        "offer",
        "offered",
        "owner",
        "ue_offers",
    )

    def __init__(
        self, owner: Subscriber, call_id: str, address: str, caller: str, *, emergency: bool = False
    ) -> None:
        self.owner = owner
        self.call_id = call_id
        self.address = address
        self.caller = caller
        self.emergency = emergency
        self.name = f"{call_id};{owner.token}"
        self.late = False
        self.ue_offers = False
        self.offer: SessionDescription | None = None
        self.offered = self.answered = b""
        self.anchored = False
        self.asked = False
        self.held: deque[Passing] = deque()


class Legs:
    """The legs that there are; as many as there are sessions, and no more."""

    __slots__ = ("_by_name", "_legs")

    def __init__(self) -> None:
        self._legs: dict[tuple[Subscriber, str], Leg] = {}
        self._by_name: dict[str, Leg] = {}

    def __len__(self) -> int:
        return len(self._legs)

    def find(self, owner: Subscriber, call_id: str) -> Leg | None:
        """The leg of a call."""
        return self._legs.get((owner, call_id))

    def named(self, name: str) -> Leg | None:
        """The leg that relay and policy control know by that name."""
        return self._by_name.get(name)

    def add(self, leg: Leg) -> None:
        """Enter one."""
        self._legs[leg.owner, leg.call_id] = leg
        self._by_name[leg.name] = leg

    def remove(self, leg: Leg) -> None:
        """Forget one."""
        self._legs.pop((leg.owner, leg.call_id), None)
        self._by_name.pop(leg.name, None)
