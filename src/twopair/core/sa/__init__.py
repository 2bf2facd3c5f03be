"""Figure 1, SA pairs and sets, and their life (33.203 §7)."""

from twopair.core.sa.actions import InstallSas, RemoveSas, SasInstalled, SasRefused
from twopair.core.sa.claims import Claims, Conflict, Place, Way
from twopair.core.sa.figure1 import ARROWS, SELECTORS, Arrow, End, Pair, PortName
from twopair.core.sa.life import SaSetLife, Stage, Trigger
from twopair.core.sa.sa_set import Ports, SaPair, SaSet, Spis

__all__ = [
    "ARROWS",
    "SELECTORS",
    "Arrow",
    "Claims",
    "Conflict",
    "End",
    "InstallSas",
    "Pair",
    "Place",
    "PortName",
    "Ports",
    "RemoveSas",
    "SaPair",
    "SaSet",
    "SaSetLife",
    "SasInstalled",
    "SasRefused",
    "Spis",
    "Stage",
    "Trigger",
    "Way",
]
