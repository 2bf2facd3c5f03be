"""Somebody on Gm who has recorded all ESP towards a P-CSCF, and plays it to whoever goes on in its place."""

from twopair.sim import Host, Packet, World


class Tape:
    """What was sent under ESP to one address (33.203 §6.3, SA-06).

    Args:
        world: in which; whoever is around its carrier by now sees less.
        address: the P-CSCF's on Gm.
    """

    def __init__(self, world: World, address: str) -> None:
        self._recorded: list[Packet] = []
        inner = world.carrier

        def carry(packet: Packet) -> list[tuple[int, Packet]]:
            if packet.mark is not None and packet.flow.remote.address == address:
                self._recorded.append(packet)
            return inner(packet)

        world.carrier = carry

    def play(self, host: Host) -> None:
        """All of it once more, at once."""
        for packet in self._recorded:
            host.arrive(packet)
