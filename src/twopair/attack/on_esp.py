"""Attacks on protected traffic: packets kept, sent again, and clear text that claims to be inside."""

from typing import Final

from twopair.attack import forge
from twopair.attack.attack import (
    NEVER,
    READABLE,
    TCP_ONLY,
    UDP_ONLY,
    Attack,
    both_register,
    registers,
    registers_twice,
)
from twopair.attack.forge import read, sm1, sm6
from twopair.attack.moves import Inject, Match, Notes, Replay
from twopair.attack.sight import Forged, Sight, Trick
from twopair.attack.stage import VICTIM, Stage
from twopair.base import Endpoint, Port
from twopair.core.sa import Stage as SetStage
from twopair.nodes.facts import MessageAnswered, MessageReceived, Registered, RegistrationFailed

_REPLAY_S: Final = 300.0
"""Behind timer J of Gm, so that the SIP transaction no longer knows the request."""

_FORGED: Final = "forged"


def _protected_end(notes: Notes, name: str, at: Match) -> Endpoint:
    """A protected port that was read off SM1 or SM6, at the address it was sent from."""
    seen = notes.last(at)
    return Endpoint(seen.src.address, Port(int(read(seen.text, name))))


async def _message_up(stage: Stage) -> None:
    await both_register(stage)
    await stage.message(VICTIM, stage.impu(2), "once")
    await stage.wait(2 * _REPLAY_S)


def _twice(stage: Stage) -> str:
    copies = stage["ue2"].reported(MessageReceived, body=b"once")
    return f"UE 2 got the message {copies} times" if copies > 1 else ""


async def _message_then_new_keys(stage: Stage) -> None:
    await both_register(stage)
    await stage.message(VICTIM, stage.impu(2), "once")
    await stage.register()
    await stage.wait(2 * _REPLAY_S)


async def _writes_in_the_clear(stage: Stage) -> None:
    await both_register(stage)
    await clear_text_to_port_ps(stage)


async def clear_text_to_port_ps(stage: Stage) -> None:
    """Clear text between the very ports of SA1, with all that SM1 and SM6 tell of the agreement."""
    notes = stage.attacker.notes
    src = _protected_end(notes, "port-c", sm1)
    dst = _protected_end(notes, "port-s", sm6)
    verify = forge.header(notes.last(sm6), "Security-Server")
    stage.put(forge.message(stage, src, dst, verify=verify, words=_FORGED))
    await stage.wait(5)


async def _writes_to_the_unprotected_port(stage: Stage) -> None:
    await both_register(stage)
    await clear_text_to_port_5060(stage)


async def clear_text_to_port_5060(stage: Stage) -> None:
    """Clear text to port 5060 from the victim's address."""
    notes, plan = stage.attacker.notes, stage.plan
    src = _protected_end(notes, "port-c", sm1)
    dst = Endpoint(plan.network.pcscf, plan.pcscf.gm_port)
    verify = forge.header(notes.last(sm6), "Security-Server")
    stage.put(forge.message(stage, src, dst, verify=verify, words=_FORGED))
    await stage.wait(5)


def _in_the_victims_name(stage: Stage) -> str:
    forged = stage["ue2"].reported(MessageReceived, body=_FORGED.encode())
    return "UE 2 got a message that UE never wrote" if forged else ""


async def _writes_to_port_us(stage: Stage) -> None:
    """Clear text to the UE between the very ports of SA2."""
    await stage.register()
    notes = stage.attacker.notes
    src = _protected_end(notes, "port-c", sm6)
    dst = _protected_end(notes, "port-s", sm1)
    stage.put(_clear_message(src, dst))
    await stage.wait(5)


async def _resets(stage: Stage) -> None:
    """RST to both ends of the victim's connection, in the name of the other."""
    await stage.register()
    notes = stage.attacker.notes
    ue = _protected_end(notes, "port-c", sm1)
    pcscf = _protected_end(notes, "port-s", sm6)
    stage.put(Forged(pcscf, ue, b"", Trick.RESET), Forged(ue, pcscf, b"", Trick.RESET))
    await stage.wait(5)


def _connection_lost(stage: Stage) -> str:
    lost = [why for why in stage[VICTIM].resets + stage["pcscf"].resets if "reset" in why]
    return "the connection inside the SA was reset from outside" if lost else ""


async def _unreachable(stage: Stage) -> None:
    """ICMP says that the P-CSCF's protected port is not there; then the victim writes all the same."""
    await both_register(stage)
    notes = stage.attacker.notes
    ue = _protected_end(notes, "port-c", sm1)
    pcscf = _protected_end(notes, "port-s", sm6)
    stage.put(Forged(pcscf, ue, b"", Trick.UNREACHABLE))
    await stage.message(VICTIM, stage.impu(2), "still here")


def _silenced(stage: Stage) -> str:
    answered = stage[VICTIM].reported(MessageAnswered, status=200)
    return "" if answered else "the victim can no longer write"


def _answers_in_the_clear(status: int) -> Inject:
    """SM7, read in ESP without encryption, is answered in the clear before the P-CSCF hears of it."""

    def answer(seen: Sight, notes: Notes) -> list[Forged]:
        asked = notes.last(sm1)
        contact = forge.header(seen, "Contact")
        data = forge.answer(seen.text, status, Contact=f"{contact};expires=600000")
        trick = Trick.DATAGRAM if b"SIP/2.0/UDP" in asked.text else Trick.SEGMENT
        return [Forged(asked.dst, asked.src, data, trick)]

    return Inject(on=forge.readable("REGISTER"), forge=answer, instead=True)


def _believes_to_be_registered(stage: Stage) -> str:
    believed = stage[VICTIM].reported(Registered)
    true = stage["pcscf"].reported(Registered, impi=stage.impi())
    return "the UE believes that it is registered" if believed and not true else ""


def _gave_up(stage: Stage) -> str:
    return "the UE has given up" if stage[VICTIM].reported(RegistrationFailed, status=403) else ""


def _writes_to_the_ue(seen: Sight, _notes: Notes) -> list[Forged]:
    """MESSAGE from the P-CSCF's unprotected port to the one from which SM1 came."""
    trick = Trick.DATAGRAM if b"SIP/2.0/UDP" in seen.text else Trick.SEGMENT
    return [_clear_message(seen.dst, seen.src)._replace(trick=trick)]


def _clear_message(src: Endpoint, dst: Endpoint) -> Forged:
    """MESSAGE to a UE that no network has ever seen."""
    request = (
        f"MESSAGE sip:ue@{dst} SIP/2.0\r\nVia: SIP/2.0/UDP {src};branch=z9hG4bKclear\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:bank@example>;tag=1\r\nTo: <sip:ue@example>\r\n"
        f"Call-ID: clear@attacker\r\nCSeq: 1 MESSAGE\r\nContent-Length: 6\r\n\r\n{_FORGED}"
    )
    return Forged(src, dst, request.encode())


def _shown(stage: Stage) -> str:
    return "the UE shows a message from nowhere" if stage[VICTIM].reported(MessageReceived) else ""


async def _waits_for_the_old_set(stage: Stage) -> None:
    """Somebody who has recorded everything waits for the old keys to stay in use."""
    await registers_twice(stage)
    await stage.message(VICTIM, stage.impu(1), "over the new set")
    await stage.wait(_REPLAY_S)


def _old_set(stage: Stage) -> str:
    old = [s for s in stage["pcscf"].sets if stage["pcscf"].stages[s] is SetStage.OLD]
    return f"an old set still stands after {_REPLAY_S:.0f} s" if old else ""


def _repeated_iv(stage: Stage) -> str:
    """All SAs of a set share key and salt: an IV must not occur twice in any of them."""
    ivs = [s.iv for s in stage.attacker.notes if s.iv and VICTIM in (s.sender, s.receiver)]
    return "two packets have the same IV under one key" if len(set(ivs)) < len(ivs) else ""


def _nothing(_seen: Sight, _notes: Notes) -> list[Forged]:
    """Only look."""
    return []


ATTACKS: Final = (
    Attack(
        "MESSAGE replayed",
        "an ESP packet replayed",
        "what the victim has once asked for happens again",
        "SA-06, ERR-07",
        ("SA-06",),
        _message_up,
        _twice,
        (Replay(on=forge.readable("MESSAGE"), after_s=_REPLAY_S),),
        suite=READABLE,
        transports=UDP_ONLY,
        real=UDP_ONLY,
    ),
    Attack(
        "MESSAGE replayed after re-keying",
        "an ESP packet replayed",
        "the same, over a set that is gone",
        "SA-06, RRG-02, TMR-03",
        (),
        _message_then_new_keys,
        _twice,
        (Replay(on=forge.readable("MESSAGE"), after_s=_REPLAY_S),),
        suite=READABLE,
        transports=UDP_ONLY,
        real=UDP_ONLY,
    ),
    Attack(
        "clear text between protected ports",
        "source address spoofed",
        "requests in the victim's name",
        "SA-10, SA-21, SA-25, ERR-17",
        ("SA-21",),
        _writes_in_the_clear,
        _in_the_victims_name,
    ),
    Attack(
        "clear text to port 5060",
        "source address spoofed",
        "requests in the victim's name, where a set is looked up by address alone",
        "UNP-01, SA-25, ERR-18",
        ("UNP-01", "SA-25"),
        _writes_to_the_unprotected_port,
        _in_the_victims_name,
    ),
    Attack(
        "clear text to port_us",
        "clear text, RST or ICMP to protected ports",
        "the UE shows what nobody vouches for",
        "SA-21, ERR-17",
        ("SA-21",),
        _writes_to_port_us,
        _shown,
    ),
    Attack(
        "TCP RST",
        "clear text, RST or ICMP to protected ports",
        "connections inside SAs are cut from outside",
        "SA-21, UNP-06",
        ("SA-21",),
        _resets,
        _connection_lost,
        transports=TCP_ONLY,
        real=TCP_ONLY,
    ),
    Attack(
        "ICMP port unreachable",
        "clear text, RST or ICMP to protected ports",
        "the victim takes the P-CSCF for dead",
        "UNP-06",
        (),
        _unreachable,
        _silenced,
        transports=NEVER,
    ),
    Attack(
        "200 to SM7 in the clear",
        "an unprotected answer to the UE",
        "the UE believes to be registered and cannot be reached",
        "UNP-04",
        ("UNP-04",),
        registers,
        _believes_to_be_registered,
        (_answers_in_the_clear(200),),
        suite=READABLE,
        real=UDP_ONLY,
    ),
    Attack(
        "403 to SM7 in the clear",
        "an unprotected answer to the UE",
        "the UE gives up",
        "UNP-04",
        ("UNP-04",),
        registers,
        _gave_up,
        (_answers_in_the_clear(403),),
        suite=READABLE,
        real=UDP_ONLY,
    ),
    Attack(
        "MESSAGE to the UE in the clear",
        "an unprotected answer to the UE",
        "the UE shows what nobody vouches for",
        "UNP-02, SA-21",
        ("UNP-02",),
        registers,
        _shown,
        (Inject(on=sm1, forge=_writes_to_the_ue),),
        real=UDP_ONLY,
    ),
    Attack(
        "looking for repeated IVs",
        "keys or IVs used twice in GCM",
        "two packets under one nonce give away both texts, and the key of authenticity",
        "KEY-08, MGP-14",
        (),
        _message_up,
        _repeated_iv,
        (Inject(on=lambda s: bool(s.iv), forge=_nothing),),
        transports=NEVER,
    ),
    Attack(
        "waiting for the old set",
        "the old set kept alive",
        "a key that was broken meanwhile is still in use",
        "TMR-03, TMR-05, MGP-04",
        ("TMR-03",),
        _waits_for_the_old_set,
        _old_set,
        (Inject(on=forge.esp_up, forge=_nothing),),
    ),
)
"""Rows 12, 20 to 22, 26 and 27."""
