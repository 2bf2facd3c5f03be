"""What a 200 to REGISTER means (PCS-27, Q-20; RFC 3261 §10.2.4, §19.1.4)."""

import pytest

from twopair.core.registration.binding import LONGEST_S, Asked, granted_s
from twopair.wire.sip import Request, make_request, make_response

OWN = "<sip:anna@10.10.1.2:6101>"
INSTANCE = ';+sip.instance="<urn:gsma:imei:35000000-000000-0>"'
ASKED_S = 600_000


def request(*contacts: str, expires: str = str(ASKED_S)) -> Request:
    headers = [
        ("Via", "SIP/2.0/UDP 10.10.1.2:6101;branch=z9hG4bKb"),
        ("From", "<sip:anna@ims.example>;tag=a"),
        ("To", "<sip:anna@ims.example>"),
        ("Call-ID", "b"),
        ("CSeq", "1 REGISTER"),
        *(("Contact", contact) for contact in contacts),
    ]
    if expires:
        headers.append(("Expires", expires))
    return make_request("REGISTER", "sip:ims.example", headers)


def meaning(asked: Request, *contacts: str, expires: str = "") -> int:
    headers = [("Contact", contact) for contact in contacts]
    if expires:
        headers.append(("Expires", expires))
    return granted_s(Asked.of(asked), make_response(asked, 200, to_tag="s", headers=headers))


@pytest.mark.parametrize(
    ("contacts", "expires", "seconds"),
    [
        # as it was, in any form (RFC 3261 §19.1.4, §20.10)
        ([f"{OWN};expires=7200"], "", 7_200),
        (["sip:anna@10.10.1.2:6101;expires=7200"], "", 7_200),
        (['"Anna, <home>" <SIP:%61nna@10.10.1.2:6101>;q=0.5;Expires=7200'], "", 7_200),
        ([f'{OWN};expires="7200"'], "", 7_200),
        ([f"{OWN} ; expires = 7200"], "", 7_200),
        # without an expiry, or with one that cannot be read
        ([OWN], "3600", 3_600),
        ([OWN], "", ASKED_S),
        ([f"{OWN};expires=soon"], "3600", 3_600),
        ([f"{OWN};expires=-1"], "", ASKED_S),
        ([f"{OWN};expires"], "later", ASKED_S),
        ([f"{OWN};expires=99999999999999999999"], "", LONGEST_S),
        ([f"{OWN};expires=000000000000007200"], "", 7_200),
        # no Contact, or none that can be read
        ([], "3600", 3_600),
        ([], "", ASKED_S),
        (["<sip:anna"], "3600", 3_600),
        # rewritten by the registrar
        (["<sip:anna@192.0.2.1:1024>;expires=7200"], "", 7_200),
        (["<sip:9f3c@192.0.2.1>;expires=7200"], "", 7_200),
        # others beside it
        (["<sip:bob@10.9.9.9>;expires=60", f"{OWN};expires=7200"], "", 7_200),
        ([f"<sip:bob@10.9.9.9>;expires=60, {OWN};expires=7200,<sip:c@10.8.8.8>;expires=5"], "", 7_200),
        (["<sip:bob@10.9.9.9>;expires=60", "<sip:anna@192.0.2.1>;expires=7200"], "", 7_200),
        (["<sip:bob@10.9.9.9>;expires=60", "<sip:carl@192.0.2.1>;expires=70"], "3600", 3_600),
        (["<sip:anna@10.9.9.9>;expires=60", "<sip:anna@192.0.2.1>;expires=70"], "", ASKED_S),
        # missing commas, as registrars write them
        ([f"<sip:bob@10.9.9.9>;expires=60 {OWN};expires=7200"], "", 7_200),
        # the registrar says outright that it has ended
        ([f"{OWN};expires=0"], "3600", 0),
        ([], "0", 0),
    ],
)
def test_what_was_asked_for(contacts: list[str], expires: str, seconds: int) -> None:
    assert meaning(request(OWN), *contacts, expires=expires) == seconds


@pytest.mark.parametrize(
    ("own", "others", "seconds"),
    [
        (f"{OWN}{INSTANCE}", ["<sip:a@192.0.2.1>;expires=60", f"<sip:x@h>{INSTANCE};expires=70"], 70),
        (
            f"{OWN}{INSTANCE};reg-id=2",
            [f"<sip:x@h>{INSTANCE};reg-id=1;expires=60", f"<sip:y@h>;reg-id=02{INSTANCE};expires=70"],
            70,
        ),
        (
            f"{OWN}{INSTANCE};reg-id=2",
            [f"{OWN}{INSTANCE};reg-id=1;expires=60", f"{OWN}{INSTANCE};reg-id=2;expires=70"],
            70,
        ),
        (
            f"{OWN}{INSTANCE};reg-id=2",
            [f"<sip:x@h>{INSTANCE};reg-id=1;expires=60", f"<sip:y@h>{INSTANCE.upper()};expires=70"],
            ASKED_S,
        ),
    ],
)
def test_it_is_found_by_its_flow(own: str, others: list[str], seconds: int) -> None:
    """RFC 5626 §6: +sip.instance with reg-id, whatever became of the URI."""
    assert meaning(request(own), *others) == seconds


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (request(OWN, expires="0"), 0),
        (request(f"{OWN};expires=0"), 0),
        (request(f"{OWN};expires=00", expires="3600"), 0),
        (request("*", expires="0"), 0),
        (request("*"), 0),
        (request(f"{OWN};expires=300", expires="0"), 7_200),
        (request(f"{OWN};expires=0x0", expires=""), 7_200),
    ],
)
def test_a_deregistration_ends_it(asked: Request, seconds: int) -> None:
    """MGP-10, MGU-12: whatever the 200 still lists."""
    assert meaning(asked, f"{OWN};expires=7200") == seconds


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request(OWN), ("sip:anna@10.10.1.2:6101", "", ASKED_S)),
        (request("sip:anna@10.10.1.2:6101;expires=60"), ("sip:anna@10.10.1.2:6101", "", 60)),
        (request(OWN, expires=""), ("sip:anna@10.10.1.2:6101", "", 3_600)),
        (request(), ("", "", ASKED_S)),
        (request("nonsense", expires="soon"), ("", "", 3_600)),
        (request(f"{OWN};expires=60", "<sip:second@h>;expires=0"), ("sip:anna@10.10.1.2:6101", "", 60)),
    ],
)
def test_what_a_request_asks_for(asked: Request, expected: tuple[str, str, int]) -> None:
    """RFC 3261 §10.2.1.1."""
    assert Asked.of(asked) == expected


def test_a_question_is_about_what_is_known() -> None:
    """A REGISTER without Contact asks what there is (RFC 3261 §10.2.3)."""
    asked = Asked.of(request()).about("sip:anna@10.10.1.2:6101")
    listed = [("Contact", "<sip:bob@h>;expires=60"), ("Contact", f"{OWN};expires=7200")]
    assert granted_s(asked, make_response(request(), 200, to_tag="s", headers=listed)) == 7_200


@pytest.mark.parametrize("sos", ["", ";sos"])
@pytest.mark.parametrize("first", ["", ";sos"])
def test_an_emergency_contact_at_the_same_address_is_another(sos: str, first: str) -> None:
    """PCS-18: `sos`, which RFC 3261 §19.1.4 does not look at, tells the two apart, in any order."""
    expiries = {"": 7200, ";sos": 600}
    there = [f"<sip:anna@10.10.1.2:6101{one}>;expires={expiries[one]}" for one in ("", ";sos")]
    asked = request(f"<sip:anna@10.10.1.2:6101{sos}>")
    assert meaning(asked, *(there if not first else there[::-1])) == expiries[sos]


def test_an_emergency_contact_that_comes_back_without_sos_is_the_own_one() -> None:
    assert meaning(request("<sip:anna@10.10.1.2:6101;sos>"), f"{OWN};expires=600") == 600
