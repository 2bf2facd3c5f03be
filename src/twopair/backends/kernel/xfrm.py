"""The structures of Linux XFRM (include/uapi/linux/xfrm.h), as far as four SAs and their policies need.

Numbers are in the machine's own order, SPIs, ports and addresses in the network's.
"""

import struct
from functools import lru_cache
from socket import AF_INET, AF_INET6, htons, inet_ntop, inet_pton, ntohs
from typing import Final, NamedTuple

from twopair.backends.kernel.netlink import Answer, Request, attribute, attributes, request
from twopair.base import Port
from twopair.core.esp import HOST_BLOCK, Positions, Selector, last_of

NETLINK_XFRM: Final = 6
GROUP_ACQUIRE, GROUP_EXPIRE, GROUP_AEVENTS = 1, 2, 5
NEW_STATE, DELETE_STATE, GET_STATE = 0x10, 0x11, 0x12
NEW_POLICY, DELETE_POLICY, GET_POLICY = 0x13, 0x14, 0x15
ACQUIRE, EXPIRE = 0x17, 0x18
UPDATE_POLICY: Final = 0x19
MOVED = 0x1E
IN, OUT = 0, 1
ALLOW, BLOCK = 0, 1
FOREVER_S: Final = 2**32 - 1
"""Lifetime of every state and policy of ours, in seconds: what SA-05 asks for, and nobody else sets."""

WINDOW_PACKETS: Final = 64
"""Replay window (SA-06)."""

_TEMPLATE, _REPLAY = 5, 23
_AFTER_PACKETS, _AFTER_TENTHS = 11, 12
_ESP: Final = 50
_TRANSPORT: Final = 0
_ANY_ALGORITHM: Final = 0xFFFFFFFF
_NO_LIMIT: Final = 2**64 - 1

_SELECTOR: Final = struct.Struct("=16s16sHHHHHBBB3xiI")
_ID: Final = struct.Struct("=16s4sB3x")
_LIFETIME: Final = struct.Struct("=8Q")
_USED: Final = struct.Struct("=4Q")
_STATE_TAIL: Final = struct.Struct("=3IIIHBBB7x")
_STATE: Final = struct.Struct("=56s16s4sB3x16s64s32s3IIIHBBB7x")
_STATE_ID: Final = struct.Struct("=16s4sHBx")
_POLICY_TAIL: Final = struct.Struct("=IIBBBB4x")
_POLICY: Final = struct.Struct("=56s64s32sIIBBBB4x")
_POLICY_ID: Final = struct.Struct("=56sIB3x")
_TEMPLATE_BODY: Final = struct.Struct("=16s4sB3xHxx16sIBBBxIII")
_REPLAY_BODY: Final = struct.Struct("=6I")
_AEVENT: Final = struct.Struct("=16s4sHBx16sII")

_FOREVER: Final = _LIFETIME.pack(*[_NO_LIMIT] * 4, 0, FOREVER_S, 0, 0)
_UNUSED: Final = bytes(_USED.size)
_REPLAY_64: Final = attribute(_REPLAY, _REPLAY_BODY.pack(WINDOW_PACKETS // 32, 0, 0, 0, 0, WINDOW_PACKETS))
_ALL_RECEIVED: Final = b"\xff" * (WINDOW_PACKETS // 8)
_TELLS: Final = attribute(_AFTER_PACKETS, struct.pack("=I", 32)) + attribute(
    _AFTER_TENTHS, struct.pack("=I", 5)
)
"""Tell after so many packets, and after so many tenths of a second, what the counters are."""

FROM_THE_START: Final = Positions(0, (0, 0))

STATE_OCTETS: Final = _STATE.size
POLICY_OCTETS: Final = _POLICY.size
_LIFETIME_AT: Final = 96  # in a state: after selector, id and source
_MODE_AT: Final = 214
_POLICY_LIFETIME_AT: Final = 56
_ACQUIRE_OCTETS: Final = 280  # id, source, selector, policy, four numbers
_ACQUIRE_SELECTOR_AT: Final = 40


class Address(NamedTuple):
    """An address: xfrm_address_t, AF_INET or AF_INET6, and the prefix length that means it alone."""

    octets: bytes
    family: int
    bits: int


_ANY: Final = Address(bytes(16), 0, 0)


@lru_cache(maxsize=1024)
def address(text: str) -> Address:
    """Encode an address; empty is any, of either family. Raises OSError if it is none."""
    if not text:
        return _ANY
    family, bits = (AF_INET6, 128) if ":" in text else (AF_INET, 32)
    return Address(inet_pton(family, text).ljust(16, b"\0"), family, bits)


class Wanted(NamedTuple):
    """Which packets: a selector, encoded once for all that is said of it.

    Args:
        selector: struct xfrm_selector.
        src: source address.
        dst: destination address.
    """

    selector: bytes
    src: Address
    dst: Address


def encode(selector: Selector, protocol: int = 0) -> Wanted:
    """Encode a selector, UDP and TCP alike (SA-09). An empty address or a port 0 stands for any.

    For ICMP the source port is its type. Raises OSError if an address is none.
    """
    src_text, src_port, dst_text, dst_port = selector
    src, dst = address(src_text), address(dst_text)
    encoded = _SELECTOR.pack(
        dst.octets,
        src.octets,
        htons(dst_port),
        _mask(dst_port),
        htons(src_port),
        _mask(src_port),
        dst.family or src.family,
        dst.bits,
        src.bits,
        protocol,
        *(0, 0),  # any interface, any user
    )
    return Wanted(encoded, src, dst)


def _mask(port: int) -> int:
    """All of a port's bits count, or none for any port."""
    return 0xFFFF if port else 0


def decode_selector(data: bytes) -> Selector:
    """From struct xfrm_selector. An address that is not whole comes as any."""
    dst, src, dst_port, _, src_port, _, family, dst_bits, src_bits, *_ = _SELECTOR.unpack_from(data)
    whole = 32 if family == AF_INET else 128
    return Selector(
        src=_text(family, src) if src_bits == whole else "",
        src_port=Port(ntohs(src_port)),
        dst=_text(family, dst) if dst_bits == whole else "",
        dst_port=Port(ntohs(dst_port)),
    )


def _text(family: int, address: bytes) -> str:
    if family not in (AF_INET, AF_INET6):
        return ""
    return inet_ntop(family, address[:4] if family == AF_INET else address)


class State(NamedTuple):
    """One state as the kernel shows it.

    Args:
        spi: and `src`, `dst`: what it is found by.
        reqid: what ties policies to it.
        lifetime_s: hard limit since it was added.
        packets: that it carried, with `octets` as the kernel counts them.
        replayed: packets dropped as replays, or for being older than the window.
        bad_icv: packets dropped for their ICV.
        identity: all that we set apart from the reqid: equal for equal states.
    """

    spi: int
    src: str
    dst: str
    family: int
    protocol: int
    reqid: int
    lifetime_s: int
    packets: int
    octets: int
    replayed: int
    bad_icv: int
    identity: bytes


class Policy(NamedTuple):
    """One policy as the kernel shows it; `wanted` is its selector with all that it says."""

    selector: Selector
    wanted: bytes
    direction: int
    action: int
    priority: int
    lifetime_s: int
    reqid: int
    spi: int


def add_state(
    wanted: Wanted,
    spi: int,
    reqid: int,
    algorithms: bytes,
    *,
    shared: bool = False,
    sent: int = 0,
    seen: int = 0,
) -> Request:
    """A state in transport mode for exactly these packets, with a window of 64, that never expires.

    Args:
        wanted: the packets.
        spi: its SPI.
        reqid: ties policies to it.
        algorithms: what is done to them, encoded.
        shared: whether other hosts may have it later: then it sends the numbers of one block, and tells what
            it has received (`MOVED`).
        sent: the number before the first that it sends.
        seen: all up to this number counts as received.
    """
    info = _STATE.pack(
        wanted.selector,
        *(wanted.dst.octets, spi.to_bytes(4, "big"), _ESP),
        wanted.src.octets,
        _rest_of_block(sent) if shared else _FOREVER,
        _UNUSED,
        *(0, 0, 0, 0),  # no statistics, no sequence number
        reqid,
        wanted.dst.family,
        *(_TRANSPORT, 0, 0),
    )
    return request(NEW_STATE, info + algorithms + _replay(sent, seen) + (_TELLS if shared else b""))


def _rest_of_block(sent: int) -> bytes:
    """The kernel sends the numbers of one block, and then no more (KEY-08; ADR 20)."""
    return _LIFETIME.pack(*[_NO_LIMIT] * 3, last_of(sent, HOST_BLOCK) - sent, 0, FOREVER_S, 0, 0)


def _replay(sent: int, seen: int) -> bytes:
    if not sent and not seen:
        return _REPLAY_64
    words = WINDOW_PACKETS // 32
    return attribute(_REPLAY, _REPLAY_BODY.pack(words, sent, seen, 0, 0, WINDOW_PACKETS) + _ALL_RECEIVED)


def delete_state(dst: Address, spi: int) -> Request:
    """Take out the state that a packet to there would find."""
    return request(DELETE_STATE, _STATE_ID.pack(dst.octets, spi.to_bytes(4, "big"), dst.family, _ESP))


def get_state(dst: Address, spi: int) -> Request:
    """Show the state that a packet to there would find."""
    return request(GET_STATE, _STATE_ID.pack(dst.octets, spi.to_bytes(4, "big"), dst.family, _ESP))


def add_policy(wanted: Wanted, direction: int, *, priority: int, reqid: int, spi: int) -> Request:
    """Have these packets protected by one state."""
    info = _POLICY.pack(wanted.selector, _FOREVER, _UNUSED, priority, 0, direction, ALLOW, 0, 0)
    return request(NEW_POLICY, info + _template(wanted, reqid, spi))


def block(
    selector: bytes, direction: int, *, priority: int, for_s: int = FOREVER_S, instead: bool = False
) -> Request:
    """Have these packets dropped.

    Args:
        selector: struct xfrm_selector.
        direction: IN or OUT.
        priority: the lower one wins.
        for_s: after so long the kernel takes it out.
        instead: in the place of a policy with this selector, if there is one, with no moment between;
            otherwise the kernel refuses a second one (EEXIST).
    """
    lifetime = _LIFETIME.pack(*[_NO_LIMIT] * 4, 0, for_s, 0, 0)
    info = _POLICY.pack(selector, lifetime, _UNUSED, priority, 0, direction, BLOCK, 0, 0)
    return request(UPDATE_POLICY if instead else NEW_POLICY, info)


def _template(wanted: Wanted, reqid: int, spi: int) -> bytes:
    """Exactly one state will do: its SPI is named."""
    body = _TEMPLATE_BODY.pack(
        *(wanted.dst.octets, spi.to_bytes(4, "big"), _ESP),
        wanted.dst.family,
        wanted.src.octets,
        reqid,
        *(_TRANSPORT, 0, 0),
        *(_ANY_ALGORITHM, _ANY_ALGORITHM, _ANY_ALGORITHM),
    )
    return attribute(_TEMPLATE, body)


def delete_policy(selector: bytes, direction: int) -> Request:
    """Take out the policy with exactly this selector, struct xfrm_selector."""
    return request(DELETE_POLICY, _POLICY_ID.pack(selector, 0, direction))


def get_policy(selector: bytes, direction: int) -> Request:
    """Show the policy with exactly this selector."""
    return request(GET_POLICY, _POLICY_ID.pack(selector, 0, direction))


def decode_state(answer: Answer) -> State:
    """From struct xfrm_usersa_info and its attributes."""
    body = answer.body
    dst, spi, protocol = _ID.unpack_from(body, 56)
    lifetime_s = _LIFETIME.unpack_from(body, _LIFETIME_AT)[5]
    counted, packets, *_ = _USED.unpack_from(body, _LIFETIME_AT + _LIFETIME.size)
    tail = _STATE_TAIL.unpack_from(body, STATE_OCTETS - _STATE_TAIL.size)
    too_old, replayed, bad_icv, _, reqid, family, *_ = tail
    return State(
        int.from_bytes(spi, "big"),
        _text(family, body[80:96]),
        _text(family, dst),
        family,
        protocol,
        reqid,
        lifetime_s,
        packets,
        counted,
        too_old + replayed,
        bad_icv,
        identity_of(body),
    )


def identity_of(body: bytes) -> bytes:
    """All that we set in a state apart from its reqid: selector, id, source, mode, window, algorithms."""
    given = attributes(body[STATE_OCTETS:])
    window = given.get(_REPLAY, b"")[20:24]
    return (
        body[:_LIFETIME_AT]
        + body[_MODE_AT : _MODE_AT + 1]
        + window
        + b"|".join(given.get(a, b"") for a in (2, 18, 20))
    )


class Moved(NamedTuple):
    """What a state has received: `MOVED`, or a dump.

    Args:
        reqid: of the set.
        spi: of the state.
        seen: the highest number.
    """

    reqid: int
    spi: int
    seen: int


def decode_moved(answer: Answer) -> Moved:
    """From struct xfrm_aevent_id and its attributes."""
    _, spi, _, _, _, _, reqid = _AEVENT.unpack_from(answer.body)
    given = attributes(answer.body[_AEVENT.size :]).get(_REPLAY, bytes(_REPLAY_BODY.size))
    return Moved(reqid, int.from_bytes(spi, "big"), _REPLAY_BODY.unpack_from(given)[2])


def moved_of(answer: Answer) -> Moved:
    """The same from struct xfrm_usersa_info."""
    body = answer.body
    _, spi, _ = _ID.unpack_from(body, 56)
    reqid = _STATE_TAIL.unpack_from(body, STATE_OCTETS - _STATE_TAIL.size)[4]
    given = attributes(body[STATE_OCTETS:]).get(_REPLAY, bytes(_REPLAY_BODY.size))
    return Moved(reqid, int.from_bytes(spi, "big"), _REPLAY_BODY.unpack_from(given)[2])


def decode_policy(answer: Answer) -> Policy:
    """From struct xfrm_userpolicy_info and its first template."""
    body = answer.body
    lifetime_s = _LIFETIME.unpack_from(body, _POLICY_LIFETIME_AT)[5]
    tail = _POLICY_TAIL.unpack_from(body, POLICY_OCTETS - _POLICY_TAIL.size)
    priority, _, direction, action, *_ = tail
    template = attributes(body[POLICY_OCTETS:]).get(_TEMPLATE, b"").ljust(_TEMPLATE_BODY.size, b"\0")
    _, spi, _, _, _, reqid, *_ = _TEMPLATE_BODY.unpack_from(template)
    return Policy(
        decode_selector(body),
        body[: _SELECTOR.size],
        direction,
        action,
        priority,
        lifetime_s,
        reqid,
        int.from_bytes(spi, "big"),
    )


def decode_deleted(answer: Answer) -> str:
    """What a request to delete is about, for people."""
    if answer.kind == DELETE_STATE:
        dst, spi, family, _ = _STATE_ID.unpack_from(answer.body)
        return f"the state with SPI {int.from_bytes(spi, 'big')} to {_text(family, dst)}"
    s = decode_selector(answer.body)
    return f"the policy for what goes from {s.src}:{s.src_port} to {s.dst}:{s.dst_port}"


def decode_acquire(answer: Answer) -> tuple[Selector, int]:
    """What packet wants a state, and with which reqid; from struct xfrm_user_acquire."""
    body = answer.body
    template = attributes(body[_ACQUIRE_OCTETS:]).get(_TEMPLATE, b"").ljust(_TEMPLATE_BODY.size, b"\0")
    return decode_selector(body[_ACQUIRE_SELECTOR_AT:]), _TEMPLATE_BODY.unpack_from(template)[5]
