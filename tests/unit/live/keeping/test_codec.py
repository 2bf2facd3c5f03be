"""What is kept, as octets: nothing is lost, no key can be read, nothing opens in another's place (MGP-14)."""

import json

import pytest
from tests.figure1_sets import sa_set

from twopair.base import Impi, Impu, Micros, Secret
from twopair.core.registration.flows import RegFlow
from twopair.core.registration.kept import KeptBinding, KeptChallenge, KeptRegistration, KeptSet
from twopair.core.sa import End, Stage
from twopair.crypto.annex_i import EspKeys
from twopair.live.keeping.codec import Codec, Unreadable
from twopair.live.keeping.keys import Ring

KEY, OTHER = bytes(32), bytes([1]) * 32
ONE = sa_set(End.PCSCF)
IMPU = Impu("sip:alice@ims.test")
VALUE = KeptRegistration(
    ONE.impi,
    RegFlow("<urn:gsma:imei:1>", 2),
    "token",
    "<sip:token@10.0.0.1;lr;ob>",
    "sip:ué@10.0.0.2:1",
    True,
    "<sip:orig@10.0.0.3;lr>",
    (KeptBinding(IMPU, (IMPU, Impu("tel:+1")), Micros(7_000_000)),),
    ONE.set_id,
    (
        KeptSet(ONE, Stage.IN_USE, Micros(5), ("a", "b")),
        KeptSet(
            ONE, Stage.TEMPORARY, Micros(9), ("a", "b"), KeptChallenge(("ipsec-3gpp;x", "y"), "nonce==", 3)
        ),
    ),
)


def codec(*keys: bytes, ahead: int = 0) -> Codec:
    return Codec(Ring(*keys or (KEY,)), lambda: ahead)


def test_nothing_is_lost() -> None:
    assert codec().decode(codec().encode(VALUE)) == VALUE


@pytest.mark.parametrize("text", ['"', "\\", "\r\n\t\0\x1f\x7f", "é€😀", "\u2028", "{}[],:", ""])
def test_any_text_comes_back(text: str) -> None:
    """What a UE wrote is not ours to choose: Contact, offer, instance."""
    challenge = KeptChallenge((text, text), text, None)
    value = VALUE._replace(
        flow=RegFlow(text, 1, True),
        contact=text,
        over_tcp=False,
        latest=None,
        bindings=(KeptBinding(Impu(text), (Impu(text),), Micros(1)),),
        sets=(KeptSet(ONE, Stage.TEMPORARY, Micros(9), (text,), challenge),),
    )
    assert codec().decode(codec().encode(value)) == value
    assert json.loads(codec().encode(value))["contact"] == text


def test_moments_are_times_of_day() -> None:
    """The clock of the next process begins anywhere."""
    later = codec(ahead=600).decode(codec(ahead=1_000).encode(VALUE))
    assert later.bindings[0].expires_at == 7_000_400
    assert later.sets[0].expires_at == 405


def test_no_key_can_be_read() -> None:
    """KEY-10: neither as it is nor in hexadecimal digits; one set is sealed once."""
    writer = codec()
    octets = writer.encode(VALUE)
    for secret in (ONE.keys.integrity, ONE.keys.encryption, ONE.keys.salt):
        if len(secret):
            assert secret.reveal() not in octets
            assert secret.reveal().hex().encode() not in octets
    assert writer.encode(VALUE) == octets
    assert codec().encode(VALUE) != octets


def test_another_key_opens_nothing_and_an_older_one_does() -> None:
    octets = codec().encode(VALUE)
    assert codec(OTHER, KEY).decode(octets) == VALUE
    with pytest.raises(Unreadable, match="another key"):
        codec(OTHER).decode(octets)


def test_what_was_moved_or_changed_does_not_open() -> None:
    """Sealed keys belong to one registration and its SPIs."""
    read = json.loads(codec().encode(VALUE))
    with pytest.raises(Unreadable, match="changed"):
        codec().decode(json.dumps({**read, "token": "other"}).encode())
    read["sets"][0]["spis"][0] += 1
    with pytest.raises(Unreadable, match="changed"):
        codec().decode(json.dumps(read).encode())


@pytest.mark.parametrize("octets", [b"", b"{}", b"[]", b"\xff", b'{"v":2}', b'{"v":1}', b'{"v":[1]}'])
def test_what_is_no_value_is_said(octets: bytes) -> None:
    with pytest.raises(Unreadable, match="not a value of this program"):
        codec().decode(octets)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("impi",), 7),
        (("path",), None),
        (("impus", 0, 1, 0), 7),
        (("impus", 0, 2), "soon"),
        (("sets", 0, "ports", 0), 65_536),
        (("sets", 0, "ports", 3), "5062"),
        (("sets", 0, "server", 0), 7),
        (("sets", 0, "stage"), "asleep"),
        (("sets", 0, "keys"), 7),
        (("sets", 1, "challenge", 0), 7),
    ],
    ids=str,
)
def test_what_has_another_type_is_no_value(place: tuple[str | int, ...], wrong: object) -> None:
    """It is told at the start, and not by the packet that would need it."""
    read = json.loads(codec().encode(VALUE))
    *way, last = place
    inside = read
    for step in way:
        inside = inside[step]
    inside[last] = wrong
    with pytest.raises(Unreadable, match="not a value of this program"):
        codec().decode(json.dumps(read).encode())


def test_blanks_around_a_value_are_no_fault_and_more_is_one() -> None:
    octets = codec().encode(VALUE)
    assert codec().decode(b" " + octets + b"\n") == VALUE
    with pytest.raises(Unreadable, match="something follows"):
        codec().decode(octets + b"{}")


FIRST_VERSION = (
    '{"v":1,"impi":"a@b","flow":["",0,false],"token":"t","path":"p","contact":"c","tcp":false,"route":"",'
    '"impus":[["sip:a@b",["sip:a@b"],9]],"latest":4,"sets":[{"stage":"old","until":8,"id":4,"ue":"10.0.0.2",'
    '"pcscf":"10.0.0.1","ports":[1,2,3,4],"spis":[300,301,302,303],"suite":["null","aes-gcm"],'
    '"keys":"Zmh6rai5DkF4iTZy/IMTm8zA3MKR9gC0/WEpZORBqMamWaI=","server":["s"]}]}'
)


def test_the_first_version_is_read() -> None:
    """As it was written once, its keys sealed with 32 octets of zero."""
    value = codec().decode(FIRST_VERSION.encode())
    assert (value.impi, value.latest, value.sets[0].stage) == (Impi("a@b"), 4, Stage.OLD)
    assert value.sets[0].sa_set.keys == EspKeys(Secret(b""), Secret(b""), Secret(b""))
