"""Attacks on AKA: challenges and their answers in the clear, from somebody who has no K."""

from base64 import b64decode, b64encode
from typing import Final

from twopair.attack import forge
from twopair.attack.attack import UDP_ONLY, Attack, registers
from twopair.attack.forge import nonce, nonce_of, sm6
from twopair.attack.moves import Change, Inject, Notes
from twopair.attack.sight import Forged, Sight
from twopair.attack.stage import VICTIM, Stage
from twopair.base import Endpoint, Port, Spi
from twopair.core.secagree import Terms
from twopair.nodes.facts import Resynchronised
from twopair.nodes.wishes import Deregister

_ATTACKER_PORT: Final = Port(40_000)
_TERMS: Final = Terms(Spi(70_000), Spi(70_001), Port(40_002), Port(40_004))


def _flipped(text: str, _notes: Notes) -> str:
    """The nonce with one bit of the MAC in AUTN changed."""
    octets = bytearray(b64decode(text))
    octets[31] ^= 1
    return b64encode(bytes(octets)).decode()


def _first_of_all(text: str, notes: Notes) -> str:
    """The nonce of the first challenge there was."""
    challenges = notes.all(sm6)
    return nonce_of(challenges[0]) if challenges else text


async def _registers_anew(stage: Stage) -> None:
    """The victim registers, leaves, and registers in the clear once more."""
    await stage.register()
    stage.ask(VICTIM, Deregister())
    await stage.wait(200)
    await stage.register()


def _old_keys(stage: Stage) -> str:
    keys = [s.keys for s in stage[VICTIM].ever]
    again = any(key in keys[:at] for at, key in enumerate(keys))
    return "the UE made a set with the keys of an earlier one" if again else ""


def _false_network(stage: Stage) -> str:
    made = stage[VICTIM].ever
    return f"the UE made {len(made)} set(s) for a challenge that the home network never sent" if made else ""


async def _forges_auts(stage: Stage) -> None:
    """Somebody asks for a challenge in the victim's name and answers it with an AUTS of his own."""
    await stage.register()
    source = Endpoint(stage.plan.network.ue.format(200), _ATTACKER_PORT)
    stage.put(forge.register(stage, 1, source, _TERMS, tag="ask"))
    challenge = forge.clear("SIP/2.0 401", "pcscf")
    await stage.until(lambda: bool(stage.attacker.notes.all(lambda s: challenge(s) and s.dst == source)), 2)
    heard = stage.attacker.notes.all(lambda s: challenge(s) and s.dst == source)
    if heard:
        auts = {"nonce": nonce_of(heard[-1]), "auts": b64encode(bytes(range(14))).decode()}
        changes = {"Via": f"SIP/2.0/UDP {source};branch=z9hG4bKauts;rport", "CSeq": "2 REGISTER"}
        stage.put(forge.register(stage, 1, source, _TERMS, tag="ask", changes=changes, credentials=auts))
    await stage.wait(5)


def _moved(stage: Stage) -> str:
    moved = stage["home"].reported(Resynchronised, impi=stage.impi())
    return "the HSS has taken a sequence number from the attacker" if moved else ""


def _read_keys(stage: Stage) -> str:
    """Looks for the parameters, and for any key of a set in the octets that crossed Gm."""
    for seen in stage.attacker.notes.all(lambda s: s.clear):
        if b"ck=" in seen.text or b"ik=" in seen.text:
            return "ck and ik can be read in SM6"
    return ""


def _listen(_seen: Sight, _notes: Notes) -> list[Forged]:
    return []


ATTACKS: Final = (
    Attack(
        "old AUTN in SM6",
        "a 401 / AUTN replayed",
        "old keys are used once more, and the UE answers whatever it is asked",
        "AKA-11, AKA-14, AKA-15, ERR-04",
        ("AKA-14",),
        _registers_anew,
        _old_keys,
        (Change(on=sm6, edit=nonce(_first_of_all)),),
    ),
    Attack(
        "forged AUTN in SM6",
        "a forged AUTN",
        "a false network is taken for the genuine one",
        "AKA-11, AKA-20, ERR-03",
        ("AKA-11",),
        registers,
        _false_network,
        (Change(on=sm6, edit=nonce(_flipped)),),
    ),
    Attack(
        "forged AUTS",
        "a forged AUTS",
        "the HSS follows a sequence number of the attacker's, the card refuses what comes then",
        "AKA-17",
        ("AKA-17",),
        _forges_auts,
        _moved,
        real=UDP_ONLY,
    ),
    Attack(
        "listening for keys",
        "ck and ik read on Gm",
        "everything is decrypted and forged",
        "AKA-31, AKA-32",
        ("AKA-31",),
        registers,
        _read_keys,
        (Inject(on=sm6, forge=_listen),),
    ),
)
"""Rows 13 to 15 and 25."""
