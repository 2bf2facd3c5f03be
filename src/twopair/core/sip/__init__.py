"""SIP transactions: four tables, their timers, and the layer that matches messages to them (RFC 3261 §17)."""

from twopair.core.sip.client import ClientTransaction, ack_of
from twopair.core.sip.layer import TransactionLayer
from twopair.core.sip.machine import Transaction
from twopair.core.sip.server import ServerTransaction
from twopair.core.sip.states import State, Trigger
from twopair.core.sip.timers import CORE, GM, Timers
from twopair.core.sip.user import Out, TransactionUser

__all__ = [
    "CORE", "GM", "ClientTransaction", "Out", "ServerTransaction", "State", "Timers", "Transaction",
    "TransactionLayer",
    "TransactionUser", "Trigger", "ack_of",
]  # fmt: skip
