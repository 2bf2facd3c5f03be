"""The same nodes in a virtual world: one thread, one seed, no sockets and no clock."""

from twopair.sim.host import Host
from twopair.sim.packet import Kind, Observed, Packet
from twopair.sim.streams import Stream, Streams
from twopair.sim.world import World

__all__ = ["Host", "Kind", "Observed", "Packet", "Stream", "Streams", "World"]
