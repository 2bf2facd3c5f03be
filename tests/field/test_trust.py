"""Cases K1a, K1d, K2a and their kin: the edge of the trust domain at a UE (PCS-04, PCS-21, PCS-28)."""

import pytest
from tests.field.bed import FieldBed
from tests.unit.nodes.pcscf.relay_bed import asked

from twopair.wire.sip import Message, Response

NETWORK_ALONE = (
    "Attestation-Info Origination-Id P-Asserted-Service P-Charging-Function-Addresses P-Charging-Vector "
    "P-Private-Network-Indication P-Profile-Key P-Refused-URI-List P-Served-User P-User-Database "
    "P-Visited-Network-ID Priority-Share Relayed-Charge Resource-Share Response-Source Restoration-Info "
    "Service-Interact-Info"
).split()
NOT_OF_A_UE = [*NETWORK_ALONE, "Feature-Caps", "P-Associated-URI", "P-Called-Party-ID", "P-Asserted-Identity"]
NOT_FOR_A_UE = [*NETWORK_ALONE, "Cellular-Network-Info", "P-Access-Network-Info", "P-Preferred-Identity",
                "P-Preferred-Service", "P-New-Of-Tomorrow"]  # fmt: skip
OF_A_UE = ("Additional-Identity", "Cellular-Network-Info", "P-Early-Media", "P-Preferred-Service")
FOR_A_UE = ("Additional-Identity", "Feature-Caps", "P-Associated-URI", "P-Called-Party-ID", "P-Early-Media")

CELL = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010019B01"
CLAIMED = f"{CELL};network-provided"
QUOTED = 'IEEE-802.11;i-wlan-node-id="a, b;network-provided;c"'
ACCESS = {
    CLAIMED: [],
    CELL: [CELL],
    f"{CELL} ; Network-Provided ;x=1": [],
    f"{CLAIMED}=1": [],
    f"{CELL};np": [],
    f"{CELL};network-provided-not": [f"{CELL};network-provided-not"],
    f"{CLAIMED}, {QUOTED}": [QUOTED],
    f"{QUOTED}, {CELL}": [f"{QUOTED}, {CELL}"],
    f"{QUOTED};network-provided": [],
    'IEEE-802.11;x="never closed;network-provided': [],
    'IEEE-802.11;x="\\";network-provided': [],
    f"{CELL};\r\n network-provided": [],
    f"{CLAIMED}\r\nP-Access-Network-Info: {CELL}\r\nP-Access-Network-Info: {QUOTED}": [CELL, QUOTED],
}
"""Lines that a UE says, and those that the core gets."""
ALL = [pytest.param(said, kept, id=str(i)) for i, (said, kept) in enumerate(ACCESS.items())]


def lines(message: Message) -> list[str]:
    return message.get_all("P-Access-Network-Info")


def answered(bed: FieldBed, *headers: tuple[str, str]) -> Response:
    """What the UE gets when the core answers a request of it."""
    bed.receive(bed.ue.uplink, bed.ue.request("INVITE"))
    bed.core(bed.to_core(), 200, headers)
    _, response = bed.to_ue()
    assert isinstance(response, Response)
    return response


def answer_of_ue(bed: FieldBed, *headers: str) -> Response:
    """What the core gets when the UE answers a request of it."""
    bed.from_core(bed.ue)
    request = asked(bed)
    vias = [f"Via: {via}" for via in request.get_all("Via")]
    same = [f"{name}: {request.get(name)}" for name in ("From", "To", "Call-ID", "CSeq")]
    bed.receive(
        bed.ue.uplink, "\r\n".join(["SIP/2.0 200 OK", *vias, *same, *headers, "l: 0", "", ""]).encode()
    )
    response = bed.sent[-1][1]
    assert isinstance(response, Response)
    return response


def test_the_network_provided_it() -> None:
    """K1a, K1d, PCS-04 (RFC 7315 §5.4): in a MESSAGE, and in SM7."""
    bed = FieldBed()
    bed.phone("K1a")
    assert b"network-provided" not in bed.to_core().to_bytes()
    bed = FieldBed(registered=False)
    bed.sm6(bed.ue, bed.sm1(bed.ue))
    bed.phone("K1d")
    assert b"network-provided" not in bed.to_core().to_bytes()


@pytest.mark.parametrize(("said", "kept"), ALL)
def test_access_network_of_a_ue(said: str, kept: list[str]) -> None:
    """PCS-04: in requests, SM1, SM7, requests of a dialog and responses alike; the rest of the list stays."""
    bed = FieldBed(registered=False)
    assert lines(bed.sm1(bed.ue, P_Access_Network_Info=said)) == kept
    bed = FieldBed(registered=False)
    bed.sm6(bed.ue, bed.sm1(bed.ue))
    assert lines(bed.sm7(bed.ue, P_Access_Network_Info=said)) == kept
    bed = FieldBed()
    bed.receive(bed.ue.uplink, bed.ue.request(P_Access_Network_Info=said))
    assert lines(bed.to_core()) == kept
    assert lines(answer_of_ue(bed, f"P-Access-Network-Info: {said}")) == kept


@pytest.mark.parametrize("name", NOT_OF_A_UE)
def test_not_believed_of_a_ue(name: str) -> None:
    """PCS-28: in a request, in SM1 and in a response, however the name is written."""
    bed = FieldBed(registered=False)
    said = f"{name.upper()} : forged"
    assert b"forged" not in bed.sm1(bed.ue, bed.ue.clear, **{name.upper(): "forged"}).to_bytes()
    bed = FieldBed()
    bed.receive(bed.ue.uplink, bed.ue.request(headers=[said]))
    assert b"forged" not in bed.to_core().to_bytes()
    assert b"forged" not in answer_of_ue(bed, said).to_bytes()


@pytest.mark.parametrize("name", OF_A_UE)
def test_said_by_a_ue(name: str) -> None:
    """PCS-28: what UEs are there to say goes on to the core."""
    bed = FieldBed()
    bed.receive(bed.ue.uplink, bed.ue.request(headers=[f"{name}: own"]))
    assert bed.to_core().get(name) == "own"
    assert answer_of_ue(bed, f"{name}: own").get(name) == "own"


@pytest.mark.parametrize("name", NOT_FOR_A_UE)
def test_not_told_to_a_ue(name: str) -> None:
    """PCS-21, PCS-28: in a request and in a response; P- header fields that nobody knows are not told."""
    bed = FieldBed()
    bed.from_core(bed.ue, **{name: "inner"})
    assert b"inner" not in asked(bed).to_bytes()
    assert b"inner" not in answered(bed, (name, "inner")).to_bytes()


@pytest.mark.parametrize("name", FOR_A_UE)
def test_told_to_a_ue(name: str) -> None:
    """PCS-21, PCS-28."""
    bed = FieldBed()
    bed.from_core(bed.ue, **{name: "<sip:a@b>"})
    assert asked(bed).get(name) == "<sip:a@b>"
    assert answered(bed, (name, "<sip:a@b>")).get(name) == "<sip:a@b>"


def test_a_caller_who_wants_privacy() -> None:
    """K2a, PCS-21 (RFC 3325 §7): the UE learns that somebody calls, and that he is not to be named."""
    bed = FieldBed()
    bed.network("K2a")
    request = asked(bed)
    assert request.get("Privacy") == "id"
    assert request.get("P-Asserted-Identity") is None


@pytest.mark.parametrize(
    ("privacy", "told"),
    [("id", 0), ("id;user", 0), ("header ; ID", 0), ("user, id", 0), ("user\r\nPrivacy: id;critical", 0),
     ("none", 1), ("user;header", 1), ("identity", 1), ("", 1)],
)  # fmt: skip
def test_privacy(privacy: str, told: int) -> None:
    """PCS-21: in requests and in responses; the core is told who it is all the same."""
    bed = FieldBed()
    identities = "<sip:a@elsewhere>\r\nP-Asserted-Identity: <tel:+1>"
    bed.from_core(bed.ue, Privacy=privacy, P_Asserted_Identity=identities)
    assert len(asked(bed).values("P-Asserted-Identity")) == 2 * told
    headers = [("Privacy", line) for line in privacy.split("\r\nPrivacy: ") if line]
    response = answered(bed, *headers, ("P-Asserted-Identity", "<tel:+1>"))
    assert response.values("P-Asserted-Identity") == ["<tel:+1>"] * told
    assert len(response.get_all("Privacy")) == len(headers)
    bed.receive(bed.ue.uplink, bed.ue.request(Privacy=privacy))
    sent = bed.to_core()
    assert sent.values("P-Asserted-Identity")
    assert len(sent.get_all("Privacy")) == len(headers)


def test_of_several_preferred_identities_in_a_response() -> None:
    """PCS-14: the first that is registered counts, else the one that was called."""
    bed = FieldBed()
    preferred = "P-Preferred-Identity: <sip:mallory@h>, <tel:+1-555-010-0001>, <sip:a@h>"
    assert answer_of_ue(bed, preferred).get("P-Asserted-Identity") == "<tel:+15550100001>"
    called = answer_of_ue(bed, "P-Preferred-Identity: <sip:mallory@h>").get("P-Asserted-Identity")
    assert called == f"<{bed.ue.impu}>"
