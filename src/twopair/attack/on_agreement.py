"""Attacks on the security agreement: SM1 and SM6 are in the clear, SM7 says whether they were changed."""

from typing import Final

from twopair.attack import forge
from twopair.attack.attack import (
    READABLE,
    UDP_ONLY,
    Attack,
    foreign_set,
    registers,
    registers_twice,
    weaker_set,
)
from twopair.attack.forge import bump, only_last, put, read, sm1, sm6, then
from twopair.attack.moves import Change, Reflect, strip
from twopair.attack.stage import VICTIM, Stage
from twopair.nodes.facts import Registered

_CLIENT: Final = ("AGR-31 Security-Client",)
_VERIFY: Final = ("AGR-31 Security-Verify",)


def _in_sm1(parameter: str, row: str, achieves: str, defeated_by: str, without: tuple[str, ...]) -> Attack:
    name = f"{parameter} in SM1"
    move = Change(on=sm1, edit=bump(parameter))
    return Attack(name, row, achieves, defeated_by, without, registers, foreign_set, (move,))


def _in_sm6(parameter: str, row: str, achieves: str, defeated_by: str, without: tuple[str, ...]) -> Attack:
    name = f"{parameter} in SM6"
    move = Change(on=sm6, edit=bump(parameter))
    return Attack(name, row, achieves, defeated_by, without, registers, foreign_set, (move,))


def _reflected(stage: Stage) -> str:
    taken = stage[VICTIM].echoes
    return f"the UE took {taken} packets of its own for the P-CSCF's" if taken else ""


def _without_sas(stage: Stage) -> str:
    registered = stage["home"].reported(Registered, impi=stage.impi())
    made = [s for s in stage["pcscf"].ever if s.impi == stage.impi()]
    return "the user is registered without any SA" if registered and not made else ""


def _res_in_clear(stage: Stage) -> str:
    answers = stage.attacker.notes.all(lambda s: sm1(s) and b'response="' in s.text)
    proven = [s for s in answers if b'response=""' not in s.text]
    return "the UE proves who it is in the clear, without any SA" if proven else ""


ATTACKS: Final = (
    _in_sm1(
        "port-s",
        "port_us in SM1",
        "requests to the user go to another port of the UE's address",
        "AGR-24, AGR-31, AGR-32, ERR-14",
        _CLIENT,
    ),
    _in_sm1(
        "spi-s",
        "spi_us in SM1",
        "SA2-dn is dead: the user cannot be reached, and believes to be registered",
        "AGR-31, AGR-32, SA-15, SA-16, ERR-14",
        _CLIENT,
    ),
    _in_sm1(
        "spi-c",
        "port_uc, spi_uc in SM1",
        "SA1-dn is dead: over UDP nobody notices at once",
        "AGR-31, ERR-13",
        _CLIENT,
    )._replace(transports=UDP_ONLY, real=UDP_ONLY),
    _in_sm1(
        "port-c",
        "port_uc, spi_uc in SM1",
        "SM7 does not match: denial of service",
        "ERR-13, ERR-31",
        (),
    ),
    _in_sm6(
        "port-c",
        "port_pc, spi_pc in SM6",
        "SA2 is wrong at the UE: the user cannot be reached",
        "AGR-24, AGR-31, ERR-16",
        _VERIFY,
    ),
    _in_sm6(
        "spi-c",
        "port_pc, spi_pc in SM6",
        "SA2-up is dead: answers of the UE over TCP are lost",
        "AGR-24, AGR-31, ERR-16",
        _VERIFY,
    ),
    _in_sm6("port-s", "port_ps, spi_ps in SM6", "SM7 is lost: denial of service", "ERR-15, ERR-31", ()),
    _in_sm6("spi-s", "port_ps, spi_ps in SM6", "SM7 is lost: denial of service", "ERR-15, ERR-31", ()),
    Attack(
        "bidding down",
        "strong algorithms out of SM1",
        "both ends use the weakest algorithm that they have in common",
        "AGR-21, AGR-22, AGR-24, AGR-31",
        _CLIENT + _VERIFY,
        registers,
        weaker_set,
        (
            strip(sm1, only_last("Security-Client")),
            strip(sm6, only_last("Security-Server")),
        ),
    ),
    Attack(
        "bidding down in SM1 only",
        "strong algorithms out of SM1",
        "the P-CSCF takes the weak algorithm, the UE by the static list the strong one: denial of service",
        "AGR-21, AGR-22",
        (),
        registers,
        weaker_set,
        (strip(sm1, only_last("Security-Client")),),
    ),
    Attack(
        "bidding down, seen in SM6",
        "strong algorithms out of SM6",
        "the UE takes the weak algorithm, and the P-CSCF, whose SM1 was cut too, the same",
        "AGR-24, AGR-31, ERR-10",
        _VERIFY + _CLIENT,
        registers,
        weaker_set,
        (
            strip(sm6, only_last("Security-Server")),
            strip(sm1, only_last("Security-Client")),
        ),
    ),
    Attack(
        "no Security-Client in SM1",
        "no Security-Client in SM1",
        "the user is registered without any SA",
        "AGR-30, VAR-60",
        ("VAR-60",),
        registers,
        _without_sas,
        (strip(sm1, forge.without("Security-Client", "Require", "Proxy-Require")),),
    ),
    Attack(
        "no Security-Server in SM6",
        "no Security-Server in SM6",
        "the UE answers the challenge in the clear",
        "AKA-25, VAR-60, ERR-12",
        ("VAR-60",),
        registers,
        _res_in_clear,
        (strip(sm6, forge.without("Security-Server")),),
    ),
    Attack(
        "re-registration altered",
        "a re-registration altered",
        "as with SM1, against a user who is registered",
        "SA-02, MGU-02, ERR-07, ERR-26, ERR-30",
        ("SA-02", *_CLIENT),
        registers_twice,
        foreign_set,
        (Change(on=forge.readable("REGISTER"), edit=bump("spi-s", "Security-Client")),),
        suite=READABLE,
    ),
    Attack(
        "SM7 reflected",
        "an ESP packet reflected",
        "the UE takes its own packet for the P-CSCF's: with one key for all SAs, only SPIs tell them apart",
        "SA-03, SA-15, SA-16, AGR-41",
        ("SA-15",),
        registers,
        _reflected,
        (
            Change(
                on=sm6,
                edit=then(
                    put("spi-s", lambda notes: read(notes.last(sm1).text, "spi-c")),
                    put("port-s", lambda notes: read(notes.last(sm1).text, "port-c")),
                ),
            ),
            Reflect(on=forge.esp_up),
        ),
        transports=UDP_ONLY,
        real=UDP_ONLY,
    ),
    Attack(
        "any ESP packet reflected",
        "an ESP packet reflected",
        "the UE takes its own packet for the P-CSCF's",
        "SA-10, SA-15, SA-16",
        (),
        registers_twice,
        _reflected,
        (Reflect(on=forge.esp_up),),
        transports=UDP_ONLY,
        real=UDP_ONLY,
    ),
)
"""Rows 1 to 11."""
