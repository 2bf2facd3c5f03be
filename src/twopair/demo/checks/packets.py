"""What the packets on Gm show without being read, and what only ESP could carry."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from twopair.base import Endpoint, Transport
from twopair.core.sa import ARROWS, End, PortName
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence, ue_of
from twopair.inspect import SeenPacket
from twopair.wire.sip import Request

_ARROW: Final = {arrow.name: arrow for arrow in ARROWS}
_TO_SERVER_PORT: Final = {"SA1-up", "SA2-dn"}
"""The two SAs from a client port to a server port: connections are opened over these (MSG-07)."""


def _clear(evidence: Evidence) -> Finding:
    """SA-21: in the clear there are SM1 and SM6 of each UE, and TCP that carries them; nothing else."""
    faults = [
        f"{said.seen.start_line} of {said.sender.name} in the clear"
        for said in evidence.gm
        if said.seen.sa is None and (said.seen.step not in ("SM1", "SM6"))
    ]
    protected = _protected_ports(evidence)
    clear = [packet for packet in evidence.recording.packets if packet.readable]
    for packet in clear:
        segment = packet.segment
        if segment is None:
            faults.append(f"a clear packet of protocol {packet.protocol} from {packet.src}")
        elif segment.src in protected or segment.dst in protected:
            faults.append(f"clear {segment.transport.value} {segment.src}>{segment.dst}")
    total = len(evidence.recording.packets)
    return Finding(
        faults if clear else ["nothing was seen"],
        f"only SM1 and SM6 are readable: {len(clear)} of {total} packets",
    )


def _protected_ports(evidence: Evidence) -> set[Endpoint]:
    return {s.endpoint(name) for s in evidence.recording.sets for name in PortName}


def _opened(evidence: Evidence) -> Finding:
    """SA-02: every ESP packet verifies and opens with the keys of its set, and both ends hold them."""
    faults = [fault.what for fault in evidence.recording.faults]
    esp = list(_esp(evidence))
    faults += [
        f"SPI 0x{packet.esp.spi:08x}: keys held by {len(packet.esp.held_by)} end"
        for packet in esp
        if packet.esp is not None and packet.esp.sa and len(packet.esp.held_by) != len(End)
    ]
    good = "every ICV verified" if evidence.encrypted else "each marked with an SPI of its sender's set"
    return Finding(faults if esp else ["no ESP was seen"], f"{len(esp)} ESP packets, {good}")


def _spis(evidence: Evidence) -> Finding:
    """SA-16: what is sent in an SA carries the SPI its receiver chose; the four of a set differ."""
    faults = []
    for name, procedure in evidence.procedures.items():
        agreed = procedure.agreed
        if agreed is None or len(set(agreed.spis)) != 4:
            faults.append(f"{name}: the four SPIs are not four: {agreed and agreed.spis}")
            continue
        for packet in _esp(evidence):
            head = packet.esp
            if head and head.sa and procedure.ue.address in (packet.src, packet.dst):
                wanted = agreed.spis.of(_ARROW[head.sa].spi_of)
                if head.spi != wanted:
                    faults.append(f"{name}: {head.sa} has SPI 0x{head.spi:08x}, not 0x{wanted:08x}")
    return Finding(
        faults if evidence.procedures else ["no UE was seen"],
        "four SPIs per set, each chosen by its receiver in Security-Client or -Server",
    )


def _sequence(evidence: Evidence) -> Finding:
    """SA-07: each SA counts its packets from 1, without a gap."""
    counted: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for packet in _esp(evidence):
        if packet.esp is not None and packet.esp.sequence is not None:
            counted[packet.dst, packet.esp.spi].append(packet.esp.sequence)
    faults = [
        f"SPI 0x{spi:08x}: sequence numbers {numbers[:4]}…"
        for (_, spi), numbers in counted.items()
        if numbers != list(range(1, len(numbers) + 1))
    ]
    return Finding(
        faults if counted else ["no sequence numbers were seen"], f"{len(counted)} SAs count 1, 2, 3…"
    )


def _ivs(evidence: Evidence) -> Finding:
    """KEY-08: no IV occurs twice under the key of a set, and each sender keeps to its part.

    The second only where IVs are ours: Linux begins its own at random and cannot be told otherwise.
    """
    used: defaultdict[str, set[bytes]] = defaultdict(set)
    faults = []
    for packet in _esp(evidence):
        head = packet.esp
        if head is None or head.sa is None:
            continue
        arrow = _ARROW[head.sa]
        ue = packet.src if arrow.sender is End.UE else packet.dst
        if head.iv in used[ue]:
            faults.append(f"{head.sa}: IV {head.iv.hex()} twice")
        used[ue].add(head.iv)
        part = (0 if arrow.sender is End.UE else 2) + arrow.pair.value
        if evidence.own_ivs and head.iv[:1] and head.iv[0] >> 6 != part:
            faults.append(f"{head.sa}: IV {head.iv.hex()} is not of its part")
    count = sum(map(len, used.values()))
    parted = "each in its sender's part" if evidence.own_ivs else "of the kernel's own choice"
    return Finding(faults if count else ["no IV was seen"], f"{count} IVs, none twice, {parted}")


def _connections(evidence: Evidence) -> Finding:
    """MSG-07: a connection goes from a client port to a server port, its SYN is in ESP, one per direction."""
    faults = []
    opened: dict[tuple[Endpoint, Endpoint], set[int]] = defaultdict(set)
    for number, packet in enumerate(evidence.recording.packets):
        segment, head = packet.segment, packet.esp
        if segment is None or head is None or not segment.opens_connection:
            continue
        # TCP may repeat a SYN; in a simulated world, which has no sequence numbers, it does not.
        opened[segment.src, segment.dst].add(segment.sequence if evidence.encrypted else number)
        if head.sa not in _TO_SERVER_PORT:
            faults.append(f"a connection was opened over {head.sa or 'an unknown SA'}")
    faults += [f"{src}>{dst} opened {len(n)} times" for (src, dst), n in opened.items() if len(n) > 1]
    ways = ", ".join(f"{src.port}>{dst.port}" for src, dst in opened)
    return Finding(
        faults if opened else ["no connection was opened inside ESP"], f"opened inside ESP: {ways}"
    )


def _same_connection(evidence: Evidence) -> Finding:
    """MSG-06: every TCP response takes the connection of its request."""
    faults, asked = [], {}
    for said in evidence.gm:
        if said.seen.transport is not Transport.TCP:
            continue
        message = said.seen.message
        key = ue_of(said).name, message.call_id, message.cseq
        ends = said.seen.src, said.seen.dst
        if isinstance(message, Request):
            asked[key] = ends
        elif asked.get(key) != ends[::-1]:
            faults.append(f"{said.seen.start_line} to {said.receiver.name} on another connection")
    return Finding(
        faults if asked else ["no request on TCP"], f"{len(asked)} requests answered on their connection"
    )


def _esp(evidence: Evidence) -> Iterator[SeenPacket]:
    return (packet for packet in evidence.recording.packets if packet.esp is not None)


CLEAR: Final = (Check("SA-21", _clear),)
ESP: Final = (Check("SA-02", _opened), Check("SA-16", _spis))
ON_THE_WIRE: Final = (Check("SA-07", _sequence),)
COUNTER_MODE: Final = (Check("KEY-08", _ivs),)
STREAMS: Final = (Check("MSG-06", _same_connection), Check("MSG-07", _connections))
