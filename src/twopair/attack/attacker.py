"""Carries out moves on the packets of a carrier, whichever that is."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic

from twopair.attack.moves import (
    Change,
    Damage,
    Drop,
    Hold,
    Inject,
    Move,
    Notes,
    Reflect,
    Replay,
)
from twopair.attack.sight import Forged, P, Sight, Wire

Fates = list[tuple[float, P]]


class Attacker(Generic[P]):
    """Somebody on the path between UEs and P-CSCF, who has no keys.

    Args:
        wire: the carrier.
        moves: what it does; the first move that fits a packet is made.

    Attributes:
        notes: everything seen.
        made: how many packets were touched or forged.
    """

    def __init__(self, wire: Wire[P], moves: Sequence[Move]) -> None:
        self.wire = wire
        self.notes = Notes()
        self.made = 0
        self.begin(*moves)

    def begin(self, *moves: Move) -> None:
        """Do this from now on, and nothing else; without moves, nothing."""
        self._moves = [(move, [move.times]) for move in moves]

    def take(self, packet: P) -> Fates[P]:
        """A packet comes by; what arrives on its occasion, after how many seconds."""
        seen = self.wire.see(packet)
        fates: Fates[P] = [(0, packet)]
        for move, left in self._moves:
            if left[0] and move.on(seen):
                left[0] -= 1
                self.made += 1
                fates = self._MAKE[type(move)](self, move, packet, seen)
                break
        self.notes.add(seen)
        return fates

    def forge(self, forged: Sequence[Forged]) -> list[P]:
        """Packets made from nothing, as far as the carrier has such packets."""
        packets = [packet for one in forged if (packet := self.wire.forged(one)) is not None]
        self.made += len(packets)
        return packets

    def _change(self, move: Change, packet: P, seen: Sight) -> Fates[P]:
        changed = self.wire.rewritten(packet, move.edit(seen.text, self.notes))
        return [(0, packet if changed is None else changed)]

    def _damage(self, _move: Damage, packet: P, _seen: Sight) -> Fates[P]:
        return [(0, self.wire.damaged(packet))]

    def _drop(self, _move: Drop, _packet: P, _seen: Sight) -> Fates[P]:
        return []

    def _hold(self, move: Hold, packet: P, _seen: Sight) -> Fates[P]:
        return [(move.for_s, packet)]

    def _replay(self, move: Replay, packet: P, _seen: Sight) -> Fates[P]:
        return [(0, packet), (move.after_s, packet)]

    def _reflect(self, _move: Reflect, packet: P, _seen: Sight) -> Fates[P]:
        return [(0, packet), (0, self.wire.reflected(packet))]

    def _inject(self, move: Inject, packet: P, seen: Sight) -> Fates[P]:
        passed: Fates[P] = [] if move.instead else [(move.for_s, packet)]
        return [*((0.0, made) for made in self.forge(move.forge(seen, self.notes))), *passed]

    _MAKE: ClassVar[dict[type, Callable[..., Any]]] = {
        Change: _change,
        Damage: _damage,
        Drop: _drop,
        Hold: _hold,
        Replay: _replay,
        Reflect: _reflect,
        Inject: _inject,
    }
