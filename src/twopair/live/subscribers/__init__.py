"""Where a home network that runs as a program keeps its subscribers (ADR 17)."""

from twopair.live.subscribers.opened import open_subscribers
from twopair.live.subscribers.store import SqliteStore

__all__ = ["SqliteStore", "open_subscribers"]
