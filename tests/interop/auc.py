"""Challenges for the subscribers of examples/lab, made by our own AuC (33.102 §6.3.2; RFC 3310)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.interop.programs import DOMAIN, LAB

from twopair.base import Impi
from twopair.core.aka import SqnHome, aka_password, digest_response, encode_nonce, generate_vector
from twopair.live.config import HomeFile, read

ALGORITHM: Final = "AKAv1-MD5"
_SUBSCRIBERS: Final = {
    subscriber.impi: subscriber for subscriber in read(LAB / "home.toml", HomeFile).subscribers()
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a registrar needs to challenge a user once, without qop, and to judge the answer (AKA-05).

    Args:
        nonce: RAND and AUTN in base64.
        ck: hexadecimal digits.
        ik: hexadecimal digits.
        ha1: of RFC 2617 §3.2.2, which holds RES.
        response: what the answer must be.
    """

    nonce: str
    ck: str
    ik: str
    ha1: str
    response: str


def impi_of(user: int) -> Impi:
    """Private identity of the n-th subscriber."""
    return Impi(f"00101000000000{user}@{DOMAIN}")


def challenges(user: int) -> Iterator[Challenge]:
    """Challenges of the n-th subscriber, each with the next sequence number."""
    impi = impi_of(user)
    subscriber = _SUBSCRIBERS[impi]
    numbers = SqnHome()
    while (sqn := numbers.take()) is not None:
        rand = hashlib.sha256(impi.encode() + sqn).digest()[:16]
        vector = generate_vector(subscriber.keys.functions(), sqn, subscriber.amf, rand)
        password = aka_password(ALGORITHM, vector.xres, vector.ik, vector.ck)
        nonce = encode_nonce(vector.rand, vector.autn)
        yield Challenge(
            nonce=nonce,
            ck=vector.ck.reveal().hex(),
            ik=vector.ik.reveal().hex(),
            ha1=hashlib.md5(f"{impi}:{DOMAIN}:".encode() + password).hexdigest(),
            response=digest_response(ALGORITHM, impi, DOMAIN, password, "REGISTER", f"sip:{DOMAIN}", nonce),
        )
