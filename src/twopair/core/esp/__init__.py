"""ESP as a sans-IO core: SAD, replay window, transforms, drops (RFC 4301, RFC 4303)."""

from twopair.core.esp.association import IvSpace, SecurityAssociation, Selector
from twopair.core.esp.block import HOST_BLOCK, HOST_BLOCKS, WHOLE, Positions, last_of, taken_over
from twopair.core.esp.drop import Drop
from twopair.core.esp.ledger import CELLS, NEVER_USED, SCRATCH, Cells, Ledger, Nowhere, Numbers, Words
from twopair.core.esp.processing import PORTED, Inside, receive, send
from twopair.core.esp.replay import WINDOW_PACKETS, IvWatch, ReplayWindow
from twopair.core.esp.sad import COUNTER_SUITES, LAST_SEQUENCE, Inbound, Outbound
from twopair.core.esp.transform import SUITES, Transform, make_transform, misfit, well_formed

__all__ = [
    "CELLS",
    "COUNTER_SUITES",
    "HOST_BLOCK",
    "HOST_BLOCKS",
    "LAST_SEQUENCE",
    "NEVER_USED",
    "PORTED",
    "SCRATCH",
    "SUITES",
    "WHOLE",
    "WINDOW_PACKETS",
    "Cells",
    "Drop",
    "Inbound",
    "Inside",
    "IvSpace",
    "IvWatch",
    "Ledger",
    "Nowhere",
    "Numbers",
    "Outbound",
    "Positions",
    "ReplayWindow",
    "SecurityAssociation",
    "Selector",
    "Transform",
    "Words",
    "last_of",
    "make_transform",
    "misfit",
    "receive",
    "send",
    "taken_over",
    "well_formed",
]
