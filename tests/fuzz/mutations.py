"""SIP messages for the differential fuzzer: real ones, and what becomes of them by chance. Cheap to make."""

from random import Random
from typing import Final

from benchmarks.sip_parse import REGISTER
from tests.vectors.wire.sip.torture import MESSAGES

ANSWER: Final = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.20.0.1:5060;branch=z9hG4bKf5b1\r\n"
    b"v : SIP/2.0/TCP [2001:db8::1]:6101;branch=z9hG4bKm1.4\r\nf:<sip:a@b>;tag=m1\r\nTO:  <sip:c@d>;tag=x\r\n"
    b"i: call-1-4\r\nCSEQ:\t4 MESSAGE \r\nX-Odd: \r\nSubject: a\xcc\x88 caf\xc3\xa9 \xff\r\n"
    b"Server: one,\r\n\ttwo ,\r\n three\r\nl: 4\r\n\r\nbody"
)
MESSAGE: Final = (
    b"MESSAGE sip:someone@ims.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.10.1.2:6101;branch=z9hG4bKm1.4\r\n"
    b"Max-Forwards: 70\r\nRoute: <sip:10.10.0.1:5062;lr>, <sip:orig@10.20.0.2:5060;lr>\r\n"
    b"From: <sip:001010000000001@ims.example>;tag=m1\r\nTo: <sip:someone@ims.example>\r\nCall-ID: call-4\r\n"
    b"CSeq: 4 MESSAGE\r\nRequire: sec-agree\r\nProxy-Require: sec-agree\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 5\r\n\r\nhello"
)
SEEDS: Final = (*[MESSAGE, ANSWER, REGISTER] * 8, *(message.data for message in MESSAGES))
LINES: Final = tuple({line for seed in SEEDS for line in seed.partition(b"\r\n\r\n")[0].split(b"\r\n")})
PIECES: Final = (
    *(bytes([octet]) for octet in b"\r\n :;,\t\x00\x7f\x80\xc3\xff0lv"),
    *(
        b"\r\n",
        b"\r\n ",
        b"\r\n\r\n",
        b"\r\r\n",
        b"\n\r\n",
        b": ",
        b" :",
        b"l: 5\r\n",
        b"\xc3\xa9",
        b"\xf0\x9f",
    ),
)
ALPHABET: Final = b"\r\n\r\n\r\n:: \tViaToSIP/2.0INVITE;=<>@\xc3\xa9\x00"
LONG: Final = b"n" * 1100


def mutated(random: Random) -> bytes:
    """A real message after none to some changes of octets, names and lines."""
    data = random.choice(SEEDS)
    for _ in range(int(random.expovariate(0.7))):
        at = int(random.random() * (len(data) + 1))
        move = random.random()
        if move < 0.3:
            data = data[:at] + random.choice(PIECES) + data[at:]
        elif move < 0.45:
            data = data[:at] + data[at + 1 + int(random.random() * 12) :]
        elif move < 0.6:
            data = data[:at] + bytes([int(random.random() * 256)]) + data[at + 1 :]
        elif move < 0.98:
            data = _other_lines(data, random)
        else:
            data = data[:at] + random.choice((LONG, b"a: b\r\n" * 70, LONG[:90] + b": c\r\n")) + data[at:]
    return data


def _other_lines(data: bytes, random: Random) -> bytes:
    head, end, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    at, move = int(random.random() * len(lines)), random.random()
    if move < 0.3:
        lines.insert(at, random.choice(LINES))
    elif move < 0.5:
        lines[at] = random.choice(LINES)
    elif move < 0.6:
        del lines[at]
    elif move < 0.75:
        lines.append(lines.pop(at))
    elif move < 0.9:
        name, colon, value = lines[at].partition(b":")
        lines[at] = (name.lower() if move < 0.8 else name + b" ") + colon + value
    else:
        lines[at] += b" " if move < 0.95 else b"\t\r\n more"
    return b"\r\n".join(lines) + end + body


def octets(random: Random) -> bytes:
    """No message: any octets, or such as messages have."""
    size = int(random.random() * 120)
    return random.randbytes(size) if random.random() < 0.3 else bytes(random.choices(ALPHABET, k=size))
