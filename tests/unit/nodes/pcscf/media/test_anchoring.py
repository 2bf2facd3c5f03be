"""Descriptions run over a media relay, and nothing overtakes them (24.229 §6.7; RFC 3264)."""

import pytest
from tests.unit.nodes.pcscf.bed import Bed, Ue, make_response
from tests.unit.nodes.pcscf.call_bed import FAR, FROM_CORE, SCSCF, requests, statuses
from tests.unit.nodes.pcscf.media.media_bed import (
    OF_FAR,
    OF_UE,
    SDP,
    anchor,
    invite,
    let_go,
    questions,
    reported,
)
from tests.unit.nodes.pcscf.relay_bed import registered

from twopair.base import Refusal
from twopair.nodes.facts import MediaUnanchored
from twopair.nodes.media import LetMediaGo, MediaAnchored, Side
from twopair.nodes.pcscf.media.plane import MediaPlane
from twopair.wire.sip import Request, Response, parse


class Held:
    """A call of a UE whose INVITE the relay has taken.

    Attributes:
        invite: as the UE sent it.
        sent: as it went to the core.
    """

    def __init__(self, anchoring: str = "optional") -> None:
        self.bed, self.ue = registered(anchoring=anchoring)
        self.invite = invite(self.ue)
        self.bed.receive(self.ue.uplink, self.invite)
        (self.question,) = questions(self.bed)

    def goes(self) -> "Held":
        """The relay answers."""
        anchor(self.bed, self.question)
        self.sent = self.bed.to_core()
        return self

    def answers(self, status: int, body: str = "", tag: str = "far") -> None:
        """The far end answers."""
        headers = [("Contact", f"<{FAR}>"), *([SDP] if body else [])]
        response = make_response(self.sent, status, to_tag=tag, headers=headers)
        if status < 300:
            response.set("Record-Route", f"{SCSCF}, {self.sent.get('Record-Route')}")
        response.body = body.encode()
        self.bed.receive(FROM_CORE, response.to_bytes())

    def says(self, method: str, **fields: str) -> None:
        """The UE sends a request within the dialog."""
        own = (self.sent.get("Record-Route") or "").replace("10.20.0.1:5060", "10.10.0.1:5062")
        route = {"Route": f"{own}, {SCSCF}"}
        self.bed.receive(self.ue.uplink, self.ue.within(self.invite, method, "far", **route | fields))


def to_ue(bed: Bed) -> Response:
    message = bed.to_ue()[1]
    assert isinstance(message, Response)
    return message


def test_an_offer_waits_for_the_relay_and_leaves_with_its_ports() -> None:
    call = Held()
    assert requests(call.bed, core=True) == []
    question = call.question
    assert (question.sdp, question.answer, question.source) == (OF_UE.encode(), False, Side.GM)
    assert (question.offerer, question.answerer) == ("m1", "")
    assert question.call.startswith("call-1-")
    call.goes()
    assert call.sent.body == OF_UE.encode() + b"a=relayed\r\n"
    assert call.sent.get("Content-Length") == str(len(call.sent.body))


def test_an_answer_likewise_and_a_provisional_one_before_it() -> None:
    """No later answer overtakes the one that is with the relay, though it has no description."""
    call = Held().goes()
    call.answers(183, OF_FAR)
    (early,) = questions(call.bed)
    assert (early.answer, early.source) == (True, Side.CORE)
    assert (early.offerer, early.answerer) == ("m1", "far")
    call.answers(200)
    assert statuses(call.bed, core=False) == []
    anchor(call.bed, early)
    assert statuses(call.bed, core=False) == [183, 200]
    first = call.bed.sent[0][1]
    assert first.body.endswith(b"a=relayed\r\n")


def test_the_core_offers() -> None:
    bed, ue = registered(anchoring="optional")
    fields = {"Contact": f"<{FAR}>", "Record_Route": SCSCF, "Content_Type": "application/sdp"}
    bed.from_core(ue, "INVITE", body=OF_FAR, **fields)
    (question,) = questions(bed)
    assert (question.source, question.answer, question.ipv6) == (Side.CORE, False, False)
    anchor(bed, question)
    sent = bed.to_ue()[1]
    assert isinstance(sent, Request)
    assert sent.body.endswith(b"a=relayed\r\n")
    response = make_response(sent, 200, to_tag="ue", headers=[("Contact", "<sip:me@x>"), SDP])
    response.body = OF_UE.encode()
    bed.receive(ue.uplink, response.to_bytes())
    (answer,) = questions(bed)
    assert (answer.source, answer.answer, answer.answerer) == (Side.GM, True, "ue")
    assert statuses(bed, core=True) == []
    anchor(bed, answer)
    assert statuses(bed, core=True) == [200]


def test_an_offer_in_the_answer_and_an_answer_in_ack() -> None:
    """RFC 3261 §13.2.1: an INVITE without an offer."""
    bed, ue = registered(anchoring="optional")
    asked = ue.request("INVITE", Contact="<sip:me@x>")
    bed.receive(ue.uplink, asked)
    assert questions(bed) == []
    sent = bed.to_core()
    response = make_response(sent, 200, to_tag="far", headers=[("Contact", f"<{FAR}>"), SDP])
    response.set("Record-Route", f"{SCSCF}, {sent.get('Record-Route')}")
    response.body = OF_FAR.encode()
    bed.receive(FROM_CORE, response.to_bytes())
    (offer,) = questions(bed)
    assert (offer.answer, offer.source) == (False, Side.CORE)
    assert (offer.offerer, offer.answerer) == ("far", "m1")
    anchor(bed, offer)
    own = (sent.get("Record-Route") or "").replace("10.20.0.1:5060", "10.10.0.1:5062")
    typed = {"Content_Type": "application/sdp", "Content_Length": str(len(OF_UE))}
    ack = ue.within(asked, "ACK", "far", Route=f"{own}, {SCSCF}", body=OF_UE, **typed)
    bed.receive(ue.uplink, ack)
    (answer,) = questions(bed)
    assert (answer.answer, answer.source) == (True, Side.GM)
    assert (answer.offerer, answer.answerer) == ("far", "m1")
    assert requests(bed, core=True) == []
    anchor(bed, answer)
    assert bed.to_core().method == "ACK"


def test_an_offer_that_is_cancelled_while_it_is_held_never_leaves() -> None:
    """RFC 3261 §9.2: 487, and no client transaction to cancel."""
    call = Held()
    asked = parse(call.invite)
    cancel = call.ue.request(
        "CANCEL",
        Via=asked.get("Via") or "",
        CSeq=f"{asked.cseq.number} CANCEL",
        Call_ID=asked.call_id,
    )
    call.bed.receive(call.ue.uplink, cancel)
    assert statuses(call.bed, core=False) == [200, 487]
    assert let_go(call.bed) == [LetMediaGo(call.question.call, "m1")]
    anchor(call.bed, call.question)
    assert requests(call.bed, core=True) == []


@pytest.mark.parametrize("anchoring", ["optional", "required"])
def test_no_relay(anchoring: str) -> None:
    """Where one is needed the call is refused, else it goes without."""
    call = Held(anchoring)
    call.bed.feed(MediaAnchored(call.question.ticket, None, "it does not answer"))
    assert [fact.why for fact in reported(call.bed, MediaUnanchored)] == ["it does not answer"]
    if anchoring == "required":
        assert call.bed.refusals == [Refusal.NO_MEDIA_RELAY]
        assert statuses(call.bed, core=False) == [500]
        assert requests(call.bed, core=True) == []
        assert len(call.bed.pcscf.tables.sessions) == 0
        call.bed.wait(0.1)
    else:
        assert call.bed.to_core().body == OF_UE.encode()


def test_the_relay_is_free_when_the_call_is_over() -> None:
    call = Held().goes()
    call.answers(200)
    call.says("ACK")
    assert let_go(call.bed) == []
    call.says("BYE")
    assert let_go(call.bed) == [LetMediaGo(call.question.call, "m1")]


def test_the_relay_is_free_when_the_call_is_refused() -> None:
    call = Held().goes()
    call.answers(486)
    assert let_go(call.bed) == [LetMediaGo(call.question.call, "m1")]


def test_of_two_forks_the_last_frees_it() -> None:
    call = Held().goes()
    call.answers(183, OF_FAR, tag="one")
    anchor(call.bed, questions(call.bed)[0])
    call.answers(183, OF_FAR, tag="two")
    (other,) = questions(call.bed)
    assert other.answerer == "two"
    anchor(call.bed, other)
    call.answers(486)
    assert let_go(call.bed) == [LetMediaGo(call.question.call, "m1")]


def test_both_ends_behind_one_pcscf_are_two_legs() -> None:
    """They share a Call-ID; the relay must not take one for the other."""
    bed, ue = registered(anchoring="optional")
    other = Ue(2)
    bed.register(other)
    asked = invite(ue)
    bed.receive(ue.uplink, asked)
    (mine,) = questions(bed)
    fields = {"Call_ID": parse(asked).call_id, "Contact": f"<{FAR}>", "Content_Type": "application/sdp"}
    bed.from_core(other, "INVITE", body=OF_UE, **fields)
    (theirs,) = questions(bed)
    assert mine.call != theirs.call


def test_a_hold_is_an_offer_of_its_own() -> None:
    call = Held().goes()
    call.answers(200, OF_FAR)
    anchor(call.bed, questions(call.bed)[0])
    call.says("ACK")
    held = OF_UE + "a=sendonly\r\n"
    typed = {"Content_Type": "application/sdp", "Content_Length": str(len(held))}
    call.says("INVITE", body=held, Contact="<sip:me@x>", **typed)
    (question,) = questions(call.bed)
    assert (question.answer, question.offerer, question.answerer) == (False, "m1", "far")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/sdp; charset=utf-8", "multipart/mixed;boundary=x"]
)
def test_other_bodies_pass(kind: str) -> None:
    bed, ue = registered(anchoring="optional")
    bed.receive(ue.uplink, invite(ue, Content_Type=kind))
    assert len(questions(bed)) == (1 if kind.startswith("application/sdp") else 0)


def test_messages_outside_calls_pass() -> None:
    bed, ue = registered(anchoring="required")
    typed = {"Content_Type": "application/sdp", "Content_Length": str(len(OF_UE))}
    bed.receive(ue.uplink, ue.request("MESSAGE", body=OF_UE, **typed))
    assert bed.to_core().method == "MESSAGE"


def test_an_answer_of_the_relay_to_a_question_of_nobody() -> None:
    bed, _ = registered(anchoring="optional")
    bed.feed(MediaAnchored(99, b"v=0"))
    assert bed.nothing_sent()


def test_a_dialog_that_is_not_in_the_books_leaves_nothing_behind() -> None:
    """The core may know dialogs that we do not; their re-INVITE passes, and no end is seen."""
    bed, ue = registered(anchoring="required")
    fields = {"To": f"<{ue.impu}>;tag=ue", "Contact": f"<{FAR}>", "Content_Type": "application/sdp"}
    bed.from_core(ue, "INVITE", body=OF_FAR, **fields)
    assert questions(bed) == []
    sent = bed.to_ue()[1]
    assert isinstance(sent, Request)
    assert sent.body == OF_FAR.encode()
    gate = bed.pcscf.tables.gate
    assert isinstance(gate, MediaPlane)
    assert len(gate.legs) == 0
