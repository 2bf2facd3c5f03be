"""A random attacker: a few moves of the attack suite, drawn by the seed, made when chance will have it."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from twopair.attack import forge
from twopair.attack.attacker import Attacker
from twopair.attack.moves import Change, Damage, Drop, Edit, Hold, Inject, Match, Move, Notes, Reflect, Replay
from twopair.attack.on_marks import Marks
from twopair.attack.sight import Forged, Sight, Trick
from twopair.base import Endpoint, Entropy, Port, seconds
from twopair.sim.packet import Kind, Packet
from twopair.sim.weather import chance
from twopair.sim.world import Carrier

_WHOLE: Final = b"\r\n\r\n"
_PARAMETERS: Final = ("spi-c", "spi-s", "port-c", "port-s")


def _from_ue(s: Sight) -> bool:
    return s.sender.startswith("ue")


def _sm1(s: Sight) -> bool:
    return s.clear and _from_ue(s) and s.says("REGISTER") and s.text.endswith(_WHOLE)


def _sm6(s: Sight) -> bool:
    return s.clear and not _from_ue(s) and s.says("SIP/2.0 401") and s.text.endswith(_WHOLE)


def _protected(s: Sight) -> bool:
    return not s.clear


def _any(_s: Sight) -> bool:
    return True


def _old_nonce(text: str, notes: Notes) -> str:
    """A nonce that was sent to somebody before."""
    seen = [sight for sight in notes if _sm6(sight)]
    return forge.nonce_of(seen[0]) if seen else text


def _old_nonce_text(text: bytes, notes: Notes) -> bytes:
    return re.sub(rb'nonce="([^"]*)"', lambda m: f'nonce="{_old_nonce(m[1].decode(), notes)}"'.encode(), text)


def _flipped_nonce(text: bytes, _notes: Notes) -> bytes:
    """A nonce with another AUTN: its MAC is wrong."""
    return re.sub(rb'(nonce="[^"]{38})(.)', lambda m: m[1] + (b"B" if m[2] == b"A" else b"A"), text)


def _another_register(seen: Sight, _notes: Notes) -> list[Forged]:
    """The same REGISTER in another transaction, from another port of the same address."""
    text = re.sub(rb"(branch=z9hG4bK|Call-ID: )", rb"\1x", seen.text)
    return [Forged(Endpoint(seen.src.address, Port(seen.src.port % 60_000 + 1_000)), seen.dst, text)]


def _refusal(seen: Sight, _notes: Notes) -> list[Forged]:
    """A refusal that the network never sent."""
    return [Forged(seen.dst, seen.src, forge.answer(seen.text, 403))]


def _acceptance(seen: Sight, _notes: Notes) -> list[Forged]:
    """An acceptance that the network never sent."""
    return [Forged(seen.dst, seen.src, forge.answer(seen.text, 200))]


def _in_clear(seen: Sight, notes: Notes) -> list[Forged]:
    """What was read goes to the ports of SM6 in the clear, and a RST with it."""
    challenges = [sight for sight in notes if _sm6(sight)]
    if not challenges:
        return []
    port = Port(int(forge.read(challenges[-1].text, "port-s")))
    src, dst = Endpoint(seen.src.address, port), Endpoint(seen.dst.address, port)
    return [Forged(src, dst, seen.text or b"\r\n\r\n\r\n\r\n"), Forged(src, dst, b"", Trick.RESET)]


def _changes(on: Match, edit: Edit) -> Callable[[Match, Entropy], Move]:
    return lambda now, _dice: Change(on=lambda s: on(s) and now(s), edit=edit)


class _Choice(NamedTuple):
    """A move in words, and how it is made; `now` says whether chance wants it."""

    words: str
    make: Callable[[Match, Entropy], Move]


def _seconds(dice: Entropy) -> float:
    return (0.002, 0.2, 5, 30)[dice.below(4)]


def _occasion(on: Match, now: Match) -> Match:
    return lambda s: on(s) and now(s)


CHOICES: Final = (
    *(_Choice(f"change {p} in SM1", _changes(_sm1, forge.bump(p))) for p in _PARAMETERS),
    *(_Choice(f"change {p} in SM6", _changes(_sm6, forge.bump(p))) for p in _PARAMETERS),
    _Choice("leave the weakest algorithm in SM1", _changes(_sm1, forge.only_last("Security-Client"))),
    _Choice("leave the weakest algorithm in SM6", _changes(_sm6, forge.only_last("Security-Server"))),
    _Choice("take Security-Client out of SM1", _changes(_sm1, forge.without("Security-Client"))),
    _Choice("take Security-Server out of SM6", _changes(_sm6, forge.without("Security-Server"))),
    _Choice("put an old nonce into SM6", _changes(_sm6, _old_nonce_text)),
    _Choice("put a forged nonce into SM6", _changes(_sm6, _flipped_nonce)),
    _Choice("damage ESP", lambda now, _dice: Damage(on=_occasion(_protected, now))),
    _Choice("reflect ESP", lambda now, _dice: Reflect(on=_occasion(_protected, now))),
    _Choice("replay ESP", lambda now, dice: Replay(on=_occasion(_protected, now), after_s=_seconds(dice))),
    _Choice("replay anything", lambda now, dice: Replay(on=_occasion(_any, now), after_s=_seconds(dice))),
    _Choice("drop anything", lambda now, _dice: Drop(on=_occasion(_any, now))),
    _Choice("hold anything", lambda now, dice: Hold(on=_occasion(_any, now), for_s=_seconds(dice))),
    _Choice(
        "register in a UE's name", lambda now, _dice: Inject(on=_occasion(_sm1, now), forge=_another_register)
    ),
    _Choice("refuse SM1", lambda now, _dice: Inject(on=_occasion(_sm1, now), forge=_refusal)),
    _Choice("accept SM1", lambda now, _dice: Inject(on=_occasion(_sm1, now), forge=_acceptance)),
    _Choice(
        "clear text to protected ports", lambda now, _dice: Inject(on=_occasion(_any, now), forge=_in_clear)
    ),
)
"""All that the attacker may come to do."""


class Plot(NamedTuple):
    """What the attacker of a day does.

    Args:
        words: its moves, in words.
        moves: its moves.
    """

    words: str
    moves: tuple[Move, ...]

    @classmethod
    def draw(cls, dice: Entropy) -> "Plot":
        """The plot of a seed: no attacker at all on one day in three, else up to three moves."""
        if not dice.below(3):
            return cls("none", ())
        chosen = [CHOICES[dice.below(len(CHOICES))] for _ in range(dice.below(3) + 1)]
        moves = []
        for choice in chosen:
            percent = (100, 50, 20, 5)[dice.below(4)]
            moves.append(choice.make(partial(_wanted, dice, percent), dice))
        return cls("; ".join(choice.words for choice in chosen), tuple(moves))


def _wanted(dice: Entropy, percent: int, _s: Sight) -> bool:
    return chance(dice, percent)


class Mischief:
    """The attacker of a day, on Gm until he leaves.

    TCP sends again what was dropped, damaged or late, so of a stream only clear text is changed.

    Args:
        plot: what he does.
        names: names of the hosts by address.
    """

    def __init__(self, plot: Plot, names: Mapping[str, str]) -> None:
        self.there = bool(plot.moves)
        self._names = names
        marks = Marks(names, readable=False)
        self._packets = Attacker(marks, plot.moves)
        self._streams = Attacker(marks, [move for move in plot.moves if isinstance(move, Change)])

    def carry(self, inner: Carrier, packet: Packet) -> list[tuple[int, Packet]]:
        """What arrives on the occasion of a packet."""
        if not self.there or packet.flow.local.address not in self._names:
            return inner(packet)
        if packet.kind is Kind.DATAGRAM:
            attacker = self._packets
        elif packet.kind is Kind.DATA and packet.mark is None:
            attacker = self._streams
        else:
            return inner(packet)
        return [
            (delay + seconds(after_s), carried)
            for after_s, made in attacker.take(packet)
            for delay, carried in inner(made)
        ]
