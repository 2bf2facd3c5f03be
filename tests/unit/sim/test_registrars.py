"""Registrars say the same in other words (Q-20, PCS-27)."""

import pytest

from twopair.core.registration.binding import Asked, granted_s
from twopair.sim import Stream
from twopair.sim.registrars import WORDINGS, reword
from twopair.wire.sip import NameAddr, Response, make_request, make_response, parse

HEADERS = [
    ("Via", "SIP/2.0/UDP 10.20.0.1:5060;branch=z9hG4bKb"),
    ("From", "<sip:anna@ims.example>;tag=a"),
    ("To", "<sip:anna@ims.example>"),
    ("Call-ID", "b"),
    ("CSeq", "1 REGISTER"),
    ("Contact", "<sip:x7@10.10.1.2:6101;transport=tcp>"),
    ("Expires", "600000"),
]
REGISTER = make_request("REGISTER", "sip:ims.example", HEADERS)
GRANTED = [("Contact", "<sip:x7@10.10.1.2:6101;transport=tcp>;expires=7200")]


def ok(status: int = 200) -> Response:
    return make_response(REGISTER, status, to_tag="s", headers=GRANTED)


@pytest.mark.parametrize("wording", WORDINGS)
def test_every_wording_means_the_same(wording: object) -> None:
    response = ok()
    assert callable(wording)
    wording(response, NameAddr.parse(GRANTED[0][1]), "7200")
    again = parse(response.to_bytes())
    assert isinstance(again, Response)
    assert again.get_all("Contact") != [GRANTED[0][1]]
    assert granted_s(Asked.of(REGISTER), again) == 7_200


def test_only_a_200_to_register_is_worded_anew() -> None:
    dice = Stream(1, "words")
    worded = {reword(ok().to_bytes(), dice) for _ in range(100)}
    assert len(worded) == len(WORDINGS)
    for data in (ok(401).to_bytes(), REGISTER.to_bytes(), b"SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\n\r\n", b""):
        assert reword(data, dice) == data
    bare = make_response(REGISTER, 200, to_tag="s").to_bytes()
    assert reword(bare, dice) == bare
