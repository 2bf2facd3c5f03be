"""Taking the agreement out of a request (AGR-36)."""

from twopair.core.secagree import strip_sec_agree
from twopair.wire.sip import make_request


def test_only_the_agreement_goes() -> None:
    """AGR-36: other option tags stay, headers that become empty go, all else stays to the byte."""
    request = make_request(
        "REGISTER",
        "sip:home.example",
        [
            ("Security-Client", "tls"),
            ("Require", "path, Sec-Agree"),
            ("Proxy-Require", "sec-agree"),
            ("Security-Verify", "tls"),
            ("Security-Verify", "tls"),
            ("Supported", "path, sec-agree"),
        ],
    )
    strip_sec_agree(request)
    assert request.get_all("Require") == ["path"]
    assert request.get("Proxy-Require") is None
    assert request.get("Security-Client") is None
    assert request.get("Security-Verify") is None
    assert request.get("Supported") == "path, sec-agree"


def test_over_several_lines() -> None:
    """AGR-36, AGR-05: tags that stay are kept in order."""
    request = make_request(
        "INVITE", "sip:a@b", [("Require", "100rel, sec-agree"), ("Require", "precondition")]
    )
    strip_sec_agree(request)
    assert request.values("Require") == ["100rel", "precondition"]


def test_nothing_to_take() -> None:
    """AGR-36: a request without the agreement keeps its bytes."""
    request = make_request("MESSAGE", "sip:a@b", [("Require", "a ,b"), ("X", "sec-agree")], b"hi")
    before = request.to_bytes()
    strip_sec_agree(request)
    assert request.to_bytes() == before
