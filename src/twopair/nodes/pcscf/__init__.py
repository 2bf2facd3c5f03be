"""P-CSCF: attempts, SA table, relay of requests and responses."""

from twopair.nodes.pcscf.config import Limits, PcscfConfig
from twopair.nodes.pcscf.pcscf import Pcscf

__all__ = ["Limits", "Pcscf", "PcscfConfig"]
