"""A session of a UE: one INVITE, or the dialog it has made (RFC 3261 §12; 24.229 §5.2.6, §5.2.8; PCS-15)."""

from enum import Enum
from typing import Final, TypeAlias

from twopair.base import Micros
from twopair.core.sip import ServerTransaction
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.wire.sip import NameAddr, Request

Key: TypeAlias = tuple[str, str, str]
"""Call-ID, tag of the UE, tag of the far end; nothing for a tag that is not known yet."""

UNKNOWN: Final = 1 << 30
"""CSeq of a BYE where the numbers of its side were never seen: above any that they can have come to."""


class Stage(Enum):
    """How far a session has come."""

    PENDING = "its INVITE has no answer with a tag"
    EARLY = "provisional answers only"
    CONFIRMED = "answered by 2xx"
    OVER = "ended; what is late still passes for a while"

    __hash__ = object.__hash__


class Ending(Enum):
    """Why a P-CSCF ends a session, or forgets one: (status of Reason and of an INVITE that waits, words).

    24.229 §5.2.8.1 and RFC 3326: Reason has the protocol SIP with this cause.
    """

    BYE = (200, "BYE")
    FAILED = (487, "its INVITE was not accepted")
    GIVEN_UP = (487, "it was given up before it was answered")
    EXPIRED = (408, "the session was not refreshed in time")
    ROOM = (503, "the UE has more sessions than are kept")
    UNKNOWN_THERE = (481, "the other end does not know it")
    SETS_LOST = (503, "the SA sets of the UE are gone")
    BEARER_LOST = (503, "the bearer of the UE is gone")
    POLICY = (503, "the network gives no bearer")
    NOT_AUTHORISED = (403, "the network does not authorise these media")
    NOT_ACCEPTABLE = (488, "the network does not accept these media")
    NO_RELAY = (500, "no media relay takes these media")
    DEREGISTERED = (480, "the network has ended the registration")

    __hash__ = object.__hash__

    @property
    def status(self) -> int:
        """Cause, and status of the answer to an INVITE that waits."""
        return self.value[0]

    @property
    def words(self) -> str:
        """For people."""
        return self.value[1]

    @property
    def reason(self) -> str:
        """Value of Reason (RFC 3326 §2)."""
        return f'SIP;cause={self.status};text="{self.words}"'


class Session:
    """What is known of one session.

    Args:
        owner: the UE's registration.
        call_id: Call-ID.
        ue: From or To of the UE, with its tag once it has one.
        far: the same of the far end.
        calling: whether the UE began it.
        invite: the server transaction of its INVITE; None for a session that was met in its middle.

    Attributes:
        key: what it is known by.
        stage: how far it has come.
        ue_target: URI of the UE's Contact, empty where none was seen; BYE of ours goes there.
        far_target: the same of the far end.
        ue_number: CSeq of the UE's latest request, `UNKNOWN` where none was seen.
        far_number: the same of the far end.
        route: Route from us to the far end as one value, empty where there is none; None while unknown.
        expires_at: when it ends unless it is refreshed (RFC 4028); 0 where that was not agreed.
        noted: whether its end is on the agenda.
    """

    __slots__ = (
        "call_id",
        "calling",
        "expires_at",
        "far",
        "far_number",
        "far_target",
        "invite",
        "key",
        "noted",
        "owner",
        "route",
        "stage",
        "ue",
        "ue_number",
        "ue_target",
    )

    def __init__(
        self,
        owner: Subscriber,
        call_id: str,
        ue: str,
        far: str,
        calling: bool,
        invite: ServerTransaction | None = None,
    ) -> None:
        self.owner = owner
        self.call_id = call_id
        self.ue = ue
        self.far = far
        self.calling = calling
        self.invite = invite
        self.key: Key = (call_id, tag_in(ue), tag_in(far))
        self.stage = Stage.PENDING
        self.ue_target = self.far_target = ""
        self.ue_number = self.far_number = UNKNOWN
        self.route: str | None = None
        self.expires_at = Micros(0)
        self.noted = False

    def heard(self, request: Request, *, from_ue: bool) -> None:
        """A request of either side came: its number is the latest. Raises WireError."""
        number = request.cseq.number
        if from_ue:
            self.ue_number = number
        else:
            self.far_number = number

    def __repr__(self) -> str:
        return f"<session {self.call_id} of {self.owner.impi}, {self.stage.name}>"


def tag_in(value: str) -> str:
    """The tag of a From or To, nothing where there is none. Raises WireError."""
    return NameAddr.parse(value).tag or ""
