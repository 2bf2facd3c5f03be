"""What we send to XFRM is what iproute2 sends for the same wish, octet by octet."""

import tomllib
from pathlib import Path
from typing import Final

import pytest

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.algorithms import ALGORITHMS
from twopair.backends.kernel.netlink import attributes, message
from twopair.base import Port, Secret, Suite
from twopair.core.esp import Selector
from twopair.crypto.annex_i import EspKeys

DATA: Final = Path(__file__).parents[1] / "data/xfrm_iproute2.toml"
REQUESTS: Final = {r["name"]: r for r in tomllib.loads(DATA.read_text())["request"]}
CK: Final = bytes(range(16))

UP: Final = Selector(src="10.0.1.1", src_port=Port(6100), dst="10.0.0.1", dst_port=Port(5062))
UP_6: Final = Selector(src="fd00:1::1", src_port=Port(6100), dst="fd00::1", dst_port=Port(5062))
ANY: Final = Selector(src="", src_port=Port(0), dst="10.0.0.1", dst_port=Port(5062))
SOURCE: Final = 13  # XFRMA_SRCADDR
REQID: Final = 0x54000001


def algorithms(suite: Suite, integrity: bytes = b"", salt: bytes = b"") -> bytes:
    keys = EspKeys(Secret(integrity), Secret(CK), Secret(salt))
    return b"".join(part.encode(keys) for part in ALGORITHMS[suite])


CBC: Final = algorithms(Suite("hmac-sha-1-96", "aes-cbc"), CK[::-1] + bytes(4))
GCM: Final = algorithms(Suite("null", "aes-gcm"), salt=bytes.fromhex("aabbccdd"))

OURS: Final = {
    "add state v4": xfrm.add_state(xfrm.encode(UP), 8194, REQID, CBC),
    "add state v6": xfrm.add_state(xfrm.encode(UP_6), 8194, REQID, GCM),
    "delete state v4": xfrm.delete_state(xfrm.address("10.0.0.1"), 8194),
    "add policy v4": xfrm.add_policy(xfrm.encode(UP), xfrm.IN, priority=0x5400, reqid=REQID, spi=8194),
    "add policy v6": xfrm.add_policy(
        xfrm.encode(UP_6.reversed()), xfrm.OUT, priority=0x5400, reqid=REQID, spi=4097
    ),
    "block policy v4": xfrm.block(xfrm.encode(ANY).selector, xfrm.IN, priority=0x5480),
    "delete policy v4": xfrm.delete_policy(xfrm.encode(UP).selector, xfrm.IN),
}
TYPES: Final = {
    "XFRM_MSG_NEWSA": (xfrm.NEW_STATE, xfrm.STATE_OCTETS),
    "XFRM_MSG_DELSA": (xfrm.DELETE_STATE, 24),
    "XFRM_MSG_NEWPOLICY": (xfrm.NEW_POLICY, xfrm.POLICY_OCTETS),
    "XFRM_MSG_DELPOLICY": (xfrm.DELETE_POLICY, 64),
    "XFRM_MSG_UPDPOLICY": (xfrm.UPDATE_POLICY, xfrm.POLICY_OCTETS),
}


def parts(body: bytes, fixed: int) -> tuple[str, dict[int, str]]:
    """The structure, and its attributes: their order means nothing, nor does a source beside an SPI."""
    found = {kind: value.hex() for kind, value in attributes(body[fixed:]).items()}
    found.pop(SOURCE, None)
    return body[:fixed].hex(), found


@pytest.mark.parametrize("name", REQUESTS)
def test_as_iproute2_says_it(name: str) -> None:
    """SA-01, SA-05, SA-06, SA-09, SA-21."""
    theirs, ours = REQUESTS[name], message(OURS[name])
    kind, fixed = TYPES[theirs["type"]]
    assert ours.kind == kind
    assert parts(ours.body, fixed) == parts(bytes.fromhex(theirs["body"]), fixed)


def test_what_was_sent_can_be_read_back() -> None:
    """The kernel dumps the same structures."""
    state = xfrm.decode_state(message(OURS["add state v4"]))
    assert (state.src, state.dst, state.spi, state.reqid) == ("10.0.1.1", "10.0.0.1", 8194, REQID)
    assert state.lifetime_s == xfrm.FOREVER_S
    policy = xfrm.decode_policy(message(OURS["add policy v6"]))
    assert policy.selector == UP_6.reversed()
    assert (policy.direction, policy.action, policy.reqid, policy.spi) == (xfrm.OUT, xfrm.ALLOW, REQID, 4097)
    assert xfrm.decode_policy(message(OURS["block policy v4"])).selector == ANY


def test_what_was_to_be_deleted_can_be_named() -> None:
    """A refusal repeats the request."""
    told = [xfrm.decode_deleted(message(OURS[name])) for name in ("delete state v4", "delete policy v4")]
    assert told == [
        "the state with SPI 8194 to 10.0.0.1",
        "the policy for what goes from 10.0.1.1:6100 to 10.0.0.1:5062",
    ]
