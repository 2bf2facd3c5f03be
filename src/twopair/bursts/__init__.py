"""Many messages in one system call (ADR 26)."""

from twopair.bursts.datagrams import NO_ENDPOINT, Bursts, Datagram, ManyAtOnce, OneByOne, bursts
from twopair.bursts.packets import ManyPackets, Packets, PacketsOneByOne, packets
from twopair.bursts.structures import MOST

__all__ = [
    "MOST",
    "NO_ENDPOINT",
    "Bursts",
    "Datagram",
    "ManyAtOnce",
    "ManyPackets",
    "OneByOne",
    "Packets",
    "PacketsOneByOne",
    "bursts",
    "packets",
]
