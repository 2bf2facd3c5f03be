"""Any octets as a Diameter message, and as what Cx makes of it (RFC 6733 §3, §4; 29.229 §6).

    python -m tests.fuzz.diameter 1000000 --seed 1

Inputs are real messages after cuts, splices, changed octets and moved AVPs. Each is read as a message, as a
question, as an answer to each question, and as what an HSS begins; anything but `WireError` ends the run.
`make fuzz` has it as a target, led by branches.
"""

import argparse
import sys
from contextlib import suppress
from random import Random
from typing import Final

from twopair.base import Impi, Impu, Secret, WireError
from twopair.core.aka import AuthVector
from twopair.core.service import PublicIdentity, ServiceProfile, Subscription
from twopair.live.diameter import base, cx
from twopair.live.diameter.local import CX
from twopair.live.diameter.message import REQUEST, Message, parse
from twopair.nodes.cx import (
    Assignment,
    Lia,
    Lir,
    Maa,
    Mar,
    Ppr,
    Question,
    Reply,
    Result,
    Resync,
    Rtr,
    Saa,
    Sar,
    Uaa,
    Uar,
)
from twopair.nodes.homenet.profiles import profile_of

_IMPI, _IMPU, _SCSCF = Impi("1@ims.example"), Impu("sip:alice@ims.example"), "sip:scscf.ims.example"
_PROFILE: Final = profile_of(Subscription(_IMPI, (ServiceProfile((PublicIdentity(_IMPU),)),)))
_VECTOR: Final = AuthVector(bytes(16), bytes(16), Secret(b"8octets!"), Secret(bytes(16)), Secret(bytes(16)))
_ASKED: Final[tuple[tuple[Question, Reply], ...]] = (
    (Uar(_IMPI, _IMPU, "visited.example"), Uaa(Result.SUCCESS, _SCSCF)),
    (Mar(_IMPI, _IMPU, _SCSCF, Resync(bytes(16), bytes(14))), Maa(Result.SUCCESS, _VECTOR)),
    (Sar(_IMPI, _IMPU, _SCSCF, Assignment.REGISTRATION), Saa(Result.SUCCESS, _PROFILE)),
    (Lir(_IMPU), Lia(Result.SUCCESS, _SCSCF)),
)


def _requests() -> list[Message]:
    asked = [Message(cx.COMMANDS[type(one)], CX.id, REQUEST, cx.to_request(one)) for one, _ in _ASKED]
    begun = [
        Message(cx.COMMANDS[Rtr], CX.id, REQUEST, cx.to_rtr(Rtr(_IMPI, (_IMPU,), info="bye"))),
        Message(cx.COMMANDS[Ppr], CX.id, REQUEST, cx.to_ppr(Ppr(_IMPI, _PROFILE))),
        Message(base.CAPABILITIES_EXCHANGE, 0, REQUEST, [base.named(CX)]),
    ]
    return asked + begun


SEEDS: Final = (
    *(message.to_bytes() for message in _requests()),
    *(
        Message(cx.COMMANDS[type(one)], CX.id, 0, cx.to_answer(one, reply)).to_bytes()
        for one, reply in _ASKED
    ),
)
_LENGTHS: Final = (0, 1, 7, 8, 11, 12, 19, 0xFFFFFF)


def mutated(random: Random) -> bytes:
    """A message after some changes; mostly its length is put right, so that more than that is looked at."""
    data = bytearray(random.choice(SEEDS))
    for _ in range(1 + int(random.expovariate(0.6))):
        at = int(random.random() * len(data))
        move = random.random()
        if move < 0.35:
            data[at : at + 1] = bytes([int(random.random() * 256)])
        elif move < 0.55:
            del data[at : at + 1 + int(random.random() * 16)]
        elif move < 0.7:
            other = random.choice(SEEDS)
            start = 20 + 4 * int(random.random() * ((len(other) - 20) // 4))
            data[at:at] = other[start : start + 4 * int(random.random() * 24)]
        elif move < 0.85:
            at -= at % 4
            data[at + 1 : at + 4] = random.choice(_LENGTHS).to_bytes(3, "big")
        else:
            data[at:at] = random.randbytes(int(random.random() * 20))
        if not data:
            data = bytearray(4)
    if random.random() < 0.9:
        del data[len(data) - len(data) % 4 :]
        data[0:4] = b"\x01" + len(data).to_bytes(3, "big")
    return bytes(data)


def touch(data: bytes) -> bool:
    """Read all that there is to read; whether it was a message."""
    try:
        message = parse(data)
    except WireError:
        return False
    assert parse(message.to_bytes()).to_bytes() == message.to_bytes()
    for read in (cx.from_request, cx.scheme_of, cx.from_rtr, cx.from_ppr, base.result_of):
        with suppress(WireError):
            read(message)
    for question, _ in _ASKED:
        with suppress(WireError):
            cx.from_answer(question, message)
    with suppress(WireError):
        base.applications_of(message.avps)
    return True


def run(count: int, seed: int) -> int:
    """Fuzz with so many inputs; how many of them were messages."""
    random = Random(seed)
    return sum(touch(mutated(random)) for _ in range(count))


def main() -> None:
    """The command."""
    options = argparse.ArgumentParser()
    options.add_argument("count", type=int)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    print(f"{given.count} inputs, {run(given.count, given.seed)} of them messages", file=sys.stderr)


if __name__ == "__main__":
    main()
