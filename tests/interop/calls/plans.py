"""What happens in a call that a UE makes and SIPp takes, as a table of plans; SIPp ends each with BYE."""

from typing import Final

from tests.interop.calls.scenario import TRYING, answers, asks, gets, invited, is_told, ok, scenario, sdp

_PRACKED: Final = ("^PRACK sip:carol@", r"RAck: {rseq} 1 INVITE")


def _pracked(rseq: int) -> tuple[str, str]:
    return gets("PRACK", _PRACKED[0], _PRACKED[1].format(rseq=rseq)), ok()


def _left(tag: str, number: int = 9) -> tuple[str, ...]:
    return asks("BYE", number, tag), is_told(200)


_NEEDED: Final = sdp(own="none", theirs="none")
_TAKEN: Final = gets("ACK", "^ACK sip:carol@")
_MET: Final = gets("UPDATE", "^UPDATE sip:carol@", "curr:qos local sendrecv")
_WITH_RESOURCES: Final = sdp(2, own="sendrecv", theirs="sendrecv")


def _changes(number: int, direction: str, mirrored: str) -> tuple[str, ...]:
    """A re-INVITE that holds or resumes."""
    return (
        asks("INVITE", number, "a", sdp(number, direction)),
        TRYING,
        is_told(200, f"a={mirrored}"),
        asks("ACK", number, "a"),
    )


PLANS: Final[dict[str, tuple[str, ...]]] = {
    "answered at once": (invited(), answers(200, "a", sdp()), _TAKEN, *_left("a")),
    "early media": (
        invited(),
        answers(183, "a", sdp()),
        answers(180, "a"),
        answers(200, "a", sdp()),
        _TAKEN,
        *_left("a"),
    ),
    "PRACK with preconditions": (
        invited(),
        answers(183, "a", _NEEDED, rseq=17),
        *_pracked(17),
        _MET,
        ok(_WITH_RESOURCES),
        answers(180, "a", rseq=18),
        *_pracked(18),
        answers(200, "a"),
        _TAKEN,
        *_left("a"),
    ),
    "UPDATE": (
        invited(),
        answers(180, "a"),
        answers(200, "a", sdp()),
        _TAKEN,
        asks("UPDATE", 1, "a", sdp(2, "sendonly")),
        is_told(200, "a=recvonly"),
        asks("UPDATE", 2, "a"),
        is_told(200),
        *_left("a"),
    ),
    "hold and resume": (
        invited(),
        answers(180, "a"),
        answers(200, "a", sdp()),
        _TAKEN,
        *_changes(1, "sendonly", "recvonly"),
        *_changes(2, "sendrecv", "sendrecv"),
        *_left("a"),
    ),
    "forked": (
        invited(),
        answers(183, "a", sdp(), rseq=5),
        *_pracked(5),
        answers(183, "b", sdp(), rseq=900),
        *_pracked(900),
        answers(180, "c"),
        answers(200, "b"),
        gets("ACK", "^To: [^;]*;tag=b|\nTo: [^\n]*tag=b"),
        *_left("b"),
    ),
}
"""Plan, and what SIPp does."""


def text(plan: str) -> str:
    """The scenario of a plan."""
    return scenario(plan, PLANS[plan])
