"""Digest AKA beyond its vectors (AKA-01, AKA-04, AKA-10, AKA-42, AKA-51)."""

import hashlib

import pytest

from twopair.base import Secret
from twopair.core.aka import ALGORITHMS, aka_password, digest_response, same_response, strongest

WHO = ("alice@home", "home")


@pytest.mark.parametrize(
    "res", [b"\x00" * 8, b":" * 8, b'\x00:\xff\n"\\ :', b"\x80" * 4, bytes(range(32))], ids=repr
)
def test_res_enters_a1_as_raw_octets(res: bytes) -> None:
    """AKA-04, AKA-51: any octets, any length."""
    password = aka_password("AKAv1-MD5", Secret(res), Secret(bytes(16)), Secret(bytes(16)))
    assert password == res
    ha1 = hashlib.md5(b"alice@home:home:" + res).hexdigest()
    ha2 = hashlib.md5(b"REGISTER:sip:home").hexdigest()
    expected = hashlib.md5(f"{ha1}:nonce:{ha2}".encode()).hexdigest()
    assert digest_response("AKAv1-MD5", *WHO, password, "REGISTER", "sip:home", "nonce") == expected


def test_names_are_hashed_as_the_octets_they_had() -> None:
    """AKA-04: a username that is not UTF-8 is hashed as it came."""
    username = b"al\xffice".decode("utf-8", "surrogateescape")
    ha1 = hashlib.md5(b"al\xffice:home:pw").hexdigest()
    ha2 = hashlib.md5(b"REGISTER:sip:home").hexdigest()
    expected = hashlib.md5(f"{ha1}:n:{ha2}".encode()).hexdigest()
    assert digest_response("AKAv1-MD5", username, "home", b"pw", "REGISTER", "sip:home", "n") == expected


def test_the_token_is_taken_in_any_case_and_spelled_as_offered() -> None:
    """AKA-01."""
    assert strongest(["akaV1-md5"]) == "akaV1-md5"
    args = (*WHO, b"pw", "REGISTER", "sip:home", "n")
    assert digest_response("akav1-md5", *args) == digest_response("AKAv1-MD5", *args)


@pytest.mark.parametrize(
    ("offered", "allowed", "chosen"),
    [
        (["AKAv1-MD5", "AKAv2-MD5"], ("AKAv1-MD5", "AKAv2-MD5"), "AKAv2-MD5"),
        (["AKAv2-SHA-256", "AKAv1-MD5"], ("AKAv1-MD5", "AKAv2-MD5"), "AKAv1-MD5"),
        (["AKAv1-MD5", "AKAv2-SHA-256"], tuple(ALGORITHMS), "AKAv2-SHA-256"),
        (["AKAv2-SHA-256"], ("AKAv1-MD5",), None),
        (["MD5", "SHA-256"], tuple(ALGORITHMS), None),
        ([], ("AKAv1-MD5",), None),
    ],
)
def test_the_strongest_allowed_algorithm_is_chosen(
    offered: list[str], allowed: tuple[str, ...], chosen: str | None
) -> None:
    """AKA-42: SHA-256 only where it was allowed."""
    assert strongest(offered, allowed) == chosen


def test_sha_256_is_off_by_default() -> None:
    """AKA-42."""
    assert strongest(["AKAv2-SHA-256"]) is None


def test_rspauth_is_the_digest_without_a_method() -> None:
    """AKA-10."""
    ha1 = hashlib.md5(b"alice@home:home:pw").hexdigest()
    ha2 = hashlib.md5(b":sip:home").hexdigest()
    expected = hashlib.md5(f"{ha1}:n:00000001:c:auth:{ha2}".encode()).hexdigest()
    assert digest_response("AKAv1-MD5", *WHO, b"pw", "", "sip:home", "n", "auth", "00000001", "c") == expected


@pytest.mark.parametrize(
    ("received", "same"),
    [("abcd", True), ("ABCD", True), ("abce", False), ("", False), ("äbcd", False), ("\udcff", False)],
)
def test_responses_are_compared_whatever_the_peer_sent(received: str, same: bool) -> None:
    """INT-07."""
    assert same_response("abcd", received) is same
