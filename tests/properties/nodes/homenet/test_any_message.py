"""The home network takes whatever comes: an answer or a counted drop, never an exception (INT-06)."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.nodes.homenet.core_side import ALICE, AT_HOME, BOB, DOMAIN, CoreSide

from twopair.base import Received
from twopair.nodes.facts import Deregistered
from twopair.wire.sip import Request

VALUES = st.sampled_from([
    "", " ", "*", "<", "<>", "<sip:", "<sip:a@b", "sip:", "sip:@", "tel:", "tel:+49301", "sip:a@b;user=phone",
    f"<{ALICE}>", f"<{BOB}>", "Digest", 'Digest username=""', 'Digest username="a", nonce="="',
    f'Digest username="001010000000001@{DOMAIN}", auts="AAAA", integrity-protected="yes"',
    "<sip:orig@10.20.0.2:5060;lr>", "<sip:10.20.0.2:5060;lr>", "<sip:orig@10.20.0.2>, <sip:x@nowhere;lr>",
    "0", "-1", "70", "99999999999", "1 INVITE", "1 REGISTER", "x REGISTER", "sec-agree", "reg", "ü", "\udcff",
]) | st.text(max_size=12).filter(lambda text: "\r" not in text and "\n" not in text)  # fmt: skip
NAMES = st.sampled_from(
    "Via From To Call-ID CSeq Contact Expires Path Route Require Proxy-Require Authorization Max-Forwards "
    "P-Asserted-Identity P-Charging-Vector Event Content-Type Record-Route Supported".split()
)
METHODS = st.sampled_from(
    "REGISTER MESSAGE INVITE ACK BYE CANCEL OPTIONS SUBSCRIBE NOTIFY PUBLISH REFER UPDATE PRACK foo".split()
)
URIS = st.sampled_from([
    f"sip:{DOMAIN}", ALICE, BOB, f"sip:echo@{DOMAIN}", "sip:10.20.0.2", "tel:+4930123456",
    "urn:service:sos", "x",
])  # fmt: skip
EDITS = st.lists(st.tuples(st.sampled_from(["set", "add", "push", "remove"]), NAMES, VALUES), max_size=4)


def edited(request: Request, edits: list[tuple[str, str, str]]) -> bytes:
    for verb, name, value in edits:
        if verb == "remove":
            request.remove(name)
        else:
            getattr(request, verb)(name, value)
    return request.to_bytes()


@given(METHODS, URIS, EDITS, st.booleans())
@settings(max_examples=400)
def test_any_request(method: str, uri: str, edits: list[tuple[str, str, str]], known: bool) -> None:
    core = CoreSide()
    if known:
        core.registered(core.alice)
    core.feed(Received(AT_HOME, edited(core.request(method, uri), edits)))
    core.later(200_000_000)


@given(EDITS, st.binary(max_size=4), st.integers(0, 600))
@settings(max_examples=400)
def test_any_register_leaves_the_registered_user_alone(
    edits: list[tuple[str, str, str]], garbage: bytes, at: int
) -> None:
    """INT-05, INT-06: whatever an unprotected REGISTER says."""
    core = CoreSide()
    core.registered(core.alice)
    unprotected = [edit for edit in edits if "yes" not in edit[2]]
    data = bytearray(edited(core.register(core.alice), unprotected))
    data[at : at + len(garbage)] = garbage
    core.feed(Received(AT_HOME, bytes(data)))
    assert not [fact for fact in core.facts if isinstance(fact, Deregistered)]
    (message,) = core.send(core.request("MESSAGE", ALICE))
    assert message.start_line.startswith(f"MESSAGE {core.alice.contact}")


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    CoreSide().feed(Received(AT_HOME, data))
