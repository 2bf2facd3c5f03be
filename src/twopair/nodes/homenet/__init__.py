"""The home network: I-CSCF, S-CSCF and HSS/AuC with Cx as values (24.229 §5.3, §5.4; 29.228)."""

from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.node import HomeNetwork
from twopair.nodes.homenet.store import MemoryStore, StoreFailed, SubscriberStore

__all__ = ["HomeConfig", "HomeNetwork", "MemoryStore", "StoreFailed", "SubscriberStore"]
