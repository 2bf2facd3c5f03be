"""ESP as a sans-IO core: SAD, replay window, transforms, drops (RFC 4301, RFC 4303)."""

from twopair.core.esp.association import IvSpace, SecurityAssociation, Selector
from twopair.core.esp.block import HOST_BLOCK, HOST_BLOCKS, WHOLE, Positions, last_of, taken_over
from twopair.core.esp.drop import Drop
from twopair.core.esp.ledger import CELLS, NEVER_USED, Cells, Ledger, Nowhere, Numbers
from twopair.core.esp.processing import PORTED, Inside, receive, send
from twopair.core.esp.replay import WINDOW_PACKETS, IvWatch, ReplayWindow
from twopair.core.esp.sad import LAST_SEQUENCE, Inbound, InstalledSet, Named, Outbound, Sad
from twopair.core.esp.transform import SUITES, Transform, make_transform, misfit, well_formed

__all__ = [
    "CELLS",
    "HOST_BLOCK",
    "HOST_BLOCKS",
    "LAST_SEQUENCE",
    "NEVER_USED",
    "PORTED",
    "SUITES",
    "WHOLE",
    "WINDOW_PACKETS",
    "Cells",
    "Drop",
    "Inbound",
    "Inside",
    "InstalledSet",
    "IvSpace",
    "IvWatch",
    "Ledger",
    "Named",
    "Nowhere",
    "Numbers",
    "Outbound",
    "Positions",
    "ReplayWindow",
    "Sad",
    "SecurityAssociation",
    "Selector",
    "Transform",
    "last_of",
    "make_transform",
    "misfit",
    "receive",
    "send",
    "taken_over",
    "well_formed",
]
