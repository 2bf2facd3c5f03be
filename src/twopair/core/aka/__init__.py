"""AKA at both ends: vectors, sequence numbers, cards, subscribers, Digest AKA (33.102, RFC 3310)."""

from twopair.core.aka.card import Card, CardProfile
from twopair.core.aka.digest import (
    ALGORITHMS,
    DEFAULT_ALGORITHMS,
    aka_password,
    digest_response,
    same_response,
    strongest,
)
from twopair.core.aka.isim import Accepted, AkaOutcome, Isim, MacFailure, SyncFailure
from twopair.core.aka.keys import AkaKeys
from twopair.core.aka.nonce import AkaChallenge, decode_auts, decode_nonce, encode_auts, encode_nonce
from twopair.core.aka.sqn import RECOMMENDED, SqnHome, SqnProfile, SqnUsim
from twopair.core.aka.subscriber import Subscriber
from twopair.core.aka.vector import AuthVector, generate_vector, resynchronise

__all__ = [
    "ALGORITHMS",
    "DEFAULT_ALGORITHMS",
    "RECOMMENDED",
    "Accepted",
    "AkaChallenge",
    "AkaKeys",
    "AkaOutcome",
    "AuthVector",
    "Card",
    "CardProfile",
    "Isim",
    "MacFailure",
    "SqnHome",
    "SqnProfile",
    "SqnUsim",
    "Subscriber",
    "SyncFailure",
    "aka_password",
    "decode_auts",
    "decode_nonce",
    "digest_response",
    "encode_auts",
    "encode_nonce",
    "generate_vector",
    "resynchronise",
    "same_response",
    "strongest",
]
