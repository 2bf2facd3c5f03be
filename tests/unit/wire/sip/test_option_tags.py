"""Tags beyond those that are known (RFC 3261 §8.2.2.3)."""

import pytest

from twopair.wire.sip import make_request, tags_beyond


@pytest.mark.parametrize(
    ("lines", "beyond"),
    [
        ((), ""),
        (("sec-agree",), ""),
        (("Sec-Agree, timer",), ""),
        (("precondition",), "precondition"),
        (("sec-agree, 100rel", "timer, 100Rel, magic"), "100rel, magic"),
        ((" , ,",), ""),
    ],
)
def test_tags_beyond(lines: tuple[str, ...], beyond: str) -> None:
    """Each unknown one once, in the order and spelling of its first; however many lines there are."""
    request = make_request("INVITE", "sip:a@h", [("Require", line) for line in lines])
    assert tags_beyond({"sec-agree", "timer"}, request, "Require") == beyond
