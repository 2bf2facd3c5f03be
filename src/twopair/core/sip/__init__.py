"""SIP transactions (RFC 3261 §17, RFC 6026) with the timers of Gm and of the core (TMR-04)."""

from twopair.core.sip.layer import MOST_TRANSACTIONS, TransactionLayer
from twopair.core.sip.terms import State, Trouble, Why
from twopair.core.sip.timers import CORE, GM, IN_CLEAR, OF_THE_UE, OVER_ITS_SETS, Timers
from twopair.core.sip.transaction import ClientTransaction, ServerTransaction
from twopair.core.sip.user import TransactionUser

__all__ = [
    "CORE",
    "GM",
    "IN_CLEAR",
    "MOST_TRANSACTIONS",
    "OF_THE_UE",
    "OVER_ITS_SETS",
    "ClientTransaction",
    "ServerTransaction",
    "State",
    "Timers",
    "TransactionLayer",
    "TransactionUser",
    "Trouble",
    "Why",
]
