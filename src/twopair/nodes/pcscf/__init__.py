"""P-CSCF: attempts, SA table, relay of requests and responses."""

from twopair.nodes.pcscf.config import PcscfConfig
from twopair.nodes.pcscf.limits import Limits
from twopair.nodes.pcscf.pcscf import Pcscf

__all__ = ["Limits", "Pcscf", "PcscfConfig"]
