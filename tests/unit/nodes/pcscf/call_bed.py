"""Calls through the P-CSCF whose far end is by hand: a route through the S-CSCF, a Contact, tags."""

from tests.unit.nodes.pcscf.bed import CORE, GM, HOME, UDP, Bed, Ue, make_response

from twopair.base import Flow, Send
from twopair.nodes.facts import SessionOver
from twopair.wire.sip import Request, Response, parse

SCSCF = f"<sip:mo@{HOME};lr>"
FAR = "sip:bob@10.40.0.1:7000"
FROM_CORE = Flow(UDP, CORE, HOME)


class Caller:
    """A UE that calls, and who is called.

    Attributes:
        invite: as the UE sent it.
        sent: as it went to the core.
    """

    def __init__(self, bed: Bed, ue: Ue, **fields: str) -> None:
        self.bed, self.ue = bed, ue
        self.invite = ue.request("INVITE", **{"Contact": f"<sip:me@{ue.address}:{ue.terms.port_s}>"} | fields)
        bed.receive(ue.uplink, self.invite)
        self.sent = bed.to_core()

    @property
    def own(self) -> str:
        """Our Record-Route entry as the UE sees it."""
        return (self.sent.get("Record-Route") or "").replace(str(CORE), f"{GM}:5062")

    @property
    def route(self) -> str:
        """What the UE writes into Route within the dialog."""
        return f"{self.own}, {SCSCF}"

    def answer(self, status: int, tag: str = "far", *headers: tuple[str, str], contact: str = FAR) -> None:
        """The far end answers the INVITE."""
        response = make_response(
            self.sent, status, to_tag=tag, headers=[("Contact", f"<{contact}>"), *headers]
        )
        if status < 300:
            response.set("Record-Route", f"{SCSCF}, {self.sent.get('Record-Route')}")
        self.bed.receive(FROM_CORE, response.to_bytes())

    def says(self, method: str, tag: str = "far", **fields: str) -> None:
        """The UE sends a request within the dialog."""
        data = self.ue.within(self.invite, method, tag, **{"Route": self.route} | fields)
        self.bed.receive(self.ue.uplink, data)

    def hears(self, method: str, tag: str = "far", cseq: int = 1, **fields: str) -> None:
        """The far end does."""
        asked = parse(self.invite)
        dialog = {
            "Route": self.sent.get("Record-Route") or "",
            "From": f"{asked.get('To')};tag={tag}",
            "To": asked.get("From") or "",
            "Call_ID": asked.call_id,
            "CSeq": f"{cseq} {method}",
        }
        self.bed.from_core(self.ue, method, **dialog | fields)


class Called:
    """A UE that is called.

    Attributes:
        invite: as the UE got it.
    """

    def __init__(self, bed: Bed, ue: Ue, call_id: str = "in", **fields: str) -> None:
        self.bed, self.ue = bed, ue
        self.fields = {
            "Via": f"SIP/2.0/UDP {HOME};branch=z9hG4bK{call_id}",
            "Record_Route": SCSCF,
            "Contact": f"<{FAR}>",
            "Call_ID": call_id,
        }
        bed.from_core(ue, "INVITE", **self.fields | fields)
        invite = next(m for f, m in bed.sent if f.local != CORE)
        assert isinstance(invite, Request)
        self.invite = invite

    def answer(self, status: int, tag: str = "ue", *headers: tuple[str, str]) -> None:
        """The UE answers the INVITE."""
        contact = f"<sip:me@{self.ue.address}:{self.ue.terms.port_s}>"
        response = make_response(self.invite, status, to_tag=tag, headers=[("Contact", contact), *headers])
        self.bed.receive(self.ue.uplink, response.to_bytes())

    def says(self, method: str, tag: str = "ue", **fields: str) -> None:
        """The UE sends a request within the dialog."""
        dialog = {
            "From": f"{self.invite.get('To')};tag={tag}",
            "To": self.invite.get("From") or "",
            "Call_ID": self.invite.call_id,
            "Route": ", ".join(self.invite.values("Record-Route")),
        }
        self.bed.receive(self.ue.uplink, self.ue.request(method, **dialog | fields))

    def hears(self, method: str, tag: str = "ue", cseq: int = 2, **fields: str) -> None:
        """The far end does."""
        dialog = {
            "From": self.invite.get("From") or "",
            "To": f"{self.invite.get('To')};tag={tag}",
            "Call_ID": self.invite.call_id,
            "CSeq": f"{cseq} {method}",
        }
        self.bed.from_core(self.ue, method, **dialog | fields)


def requests(bed: Bed, *, core: bool) -> list[Request]:
    """Requests that have just gone to the core, or to a UE."""
    return [m for flow, m in bed.sent if isinstance(m, Request) and (flow.local == CORE) is core]


def statuses(bed: Bed, *, core: bool) -> list[int]:
    """The same of responses."""
    return [m.status for flow, m in bed.sent if isinstance(m, Response) and (flow.local == CORE) is core]


def endings(bed: Bed) -> list[str]:
    """Why sessions were over, so far."""
    return [fact.why for fact in bed.facts(SessionOver)]


def sent_on(bed: Bed) -> list[Flow]:
    """Where something has just gone."""
    return [a.flow for a in bed.fresh if isinstance(a, Send)]
