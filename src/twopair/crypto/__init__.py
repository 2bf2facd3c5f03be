"""AKA algorithm sets and key expansion: Milenage, TUAK, 33.220 KDF, 33.203 Annex I."""

from twopair.crypto.annex_i import EspKeys, expand
from twopair.crypto.functions import AkaFunctions, Answers
from twopair.crypto.kdf import kdf
from twopair.crypto.keccak import keccak_f1600
from twopair.crypto.milenage import Milenage, opc_from_op
from twopair.crypto.tuak import Tuak, TuakSizes, topc_from_top

__all__ = [
    "AkaFunctions",
    "Answers",
    "EspKeys",
    "Milenage",
    "Tuak",
    "TuakSizes",
    "expand",
    "kdf",
    "keccak_f1600",
    "opc_from_op",
    "topc_from_top",
]
