"""Roles composed from cores, still without I/O: UE, P-CSCF, home network."""

from twopair.nodes.actions import Action
from twopair.nodes.events import Event
from twopair.nodes.node import Node

__all__ = ["Action", "Event", "Node"]
