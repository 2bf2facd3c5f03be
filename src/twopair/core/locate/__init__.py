"""Finding the servers behind a SIP URI (RFC 3263, RFC 2782): values in, values out, nobody is asked."""

from twopair.core.locate.order import Draw, in_order
from twopair.core.locate.places import hop_of, hop_to, is_name
from twopair.core.locate.select import Ask, Group, Known, Located, locate
from twopair.core.locate.terms import (
    SIP_PORT,
    Address,
    Answer,
    Fault,
    Hop,
    Kind,
    Naptr,
    Place,
    Question,
    Record,
    Resolve,
    Resolved,
    Srv,
    Target,
)

__all__ = [
    "SIP_PORT",
    "Address",
    "Answer",
    "Ask",
    "Draw",
    "Fault",
    "Group",
    "Hop",
    "Kind",
    "Known",
    "Located",
    "Naptr",
    "Place",
    "Question",
    "Record",
    "Resolve",
    "Resolved",
    "Srv",
    "Target",
    "hop_of",
    "hop_to",
    "in_order",
    "is_name",
    "locate",
]
