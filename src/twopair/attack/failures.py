"""The failure table of the requirements: ERR-01 to ERR-26 (33.203 §7.3; 24.229 §5.1.1, §5.2.2)."""

from typing import Final

from twopair.attack import forge
from twopair.attack.by_subscribers import takes_the_port
from twopair.attack.failure import AGAIN, EITHER, Failure
from twopair.attack.failure_days import (
    a_stranger_writes,
    attacked,
    card_ahead,
    keys_are_missing,
    lying,
    message_instead,
    no_room_at,
    nothing_in_common,
    one_packet_is_damaged,
    other_client,
    other_impi,
    other_via,
    prefers_a_foreign_name,
    registers,
    sm7_is,
    sm7_is_lost_once,
    somebody_asks_and_goes,
    with_card,
    without,
)
from twopair.attack.forge import bump, sm1, sm6
from twopair.attack.moves import Change, Drop, Inject
from twopair.attack.on_esp import clear_text_to_port_5060, clear_text_to_port_ps
from twopair.attack.stage import VICTIM
from twopair.attack.strange_card import false_network, wrong_keys, wrong_res

_TWICE: Final = "REGISTER 401 (REGISTER) (494) REGISTER 401 (REGISTER) (494)"
_LOST: Final = "REGISTER 401 (REGISTER)"
_GOOD: Final = "REGISTER 401 (REGISTER) (200)"
_TO_ONESELF: Final = "(MESSAGE) (MESSAGE) (200) (200)"


FAILURES: Final = (
    Failure(
        "ERR-01",
        "the UE has another K: SM7 has a wrong ICV",
        with_card(wrong_keys),
        _LOST,
        ("pcscf", "BAD_ICV"),
        registered=EITHER,
    ),
    Failure(
        "ERR-02",
        "IK is right, RES is wrong",
        with_card(wrong_res),
        "REGISTER 401 (REGISTER) (403)",
        ("home", "WRONG_RESPONSE"),
        registered=EITHER,
    ),
    Failure(
        "ERR-03",
        "AUTN has a wrong MAC",
        with_card(false_network),
        "REGISTER 401 REGISTER 403",
        (VICTIM, "MAC_FAILURE"),
        registered=EITHER,
    ),
    Failure(
        "ERR-04",
        "the sequence number is out of range",
        registers,
        "REGISTER 401 REGISTER 401 (REGISTER) (200)",
        (VICTIM, "SQN_OUT_OF_RANGE"),
        ends_well=True,
        change=card_ahead,
    ),
    Failure(
        "ERR-05",
        "SM7 is answered by nothing",
        sm7_is_lost_once,
        f"{_LOST} {_GOOD} {_TO_ONESELF}",
        ("", ""),
        ends_well=True,
        registered=EITHER,
    ),
    Failure(
        "ERR-06", "somebody never answers the 401", somebody_asks_and_goes, "", ("", ""), registered=EITHER
    ),
    Failure(
        "ERR-07",
        "an ESP packet is damaged",
        one_packet_is_damaged,
        _TO_ONESELF,
        ("pcscf", "BAD_ICV"),
        registered=AGAIN,
        wire_tcp="(MESSAGE)",
    ),
    Failure(
        "ERR-08",
        "no algorithm in common",
        registers,
        "REGISTER 494",
        ("pcscf", "NO_COMMON_ALGORITHM"),
        change=nothing_in_common,
    ),
    Failure(
        "ERR-09",
        "somebody at the same address has the client port",
        attacked(Inject(on=sm1, times=1, forge=takes_the_port, for_s=0.5)),
        f"REGISTER 401 403 {_GOOD}",
        ("pcscf", "PORT_COLLISION"),
        ends_well=True,
    ),
    Failure(
        "ERR-10",
        "Security-Server changed on its way",
        attacked(Change(on=sm6, edit=bump("spi-c"))),
        _TWICE,
        ("pcscf", "VERIFY_MISMATCH"),
    ),
    Failure(
        "ERR-11",
        "no Security-Verify, no Security-Client in SM7",
        sm7_is(without("Security-Verify", "Security-Client")),
        _TWICE,
        ("pcscf", "VERIFY_MISSING"),
        registered=EITHER,
    ),
    Failure(
        "ERR-12",
        "no Security-Server in SM6",
        attacked(Change(on=sm6, edit=forge.without("Security-Server"))),
        "REGISTER 401 REGISTER 401",
        (VICTIM, "SECURITY_SERVER_MISSING"),
    ),
    Failure(
        "ERR-13",
        "port_uc changed in SM1",
        attacked(Change(on=sm1, edit=bump("port-c"))),
        _LOST,
        ("pcscf", "SELECTOR"),
    ),
    Failure(
        "ERR-14",
        "spi_us changed in SM1",
        attacked(Change(on=sm1, edit=bump("spi-s"))),
        "REGISTER 401 (REGISTER) (494)",
        ("pcscf", "CLIENT_MISMATCH"),
        wire_tcp=_TWICE,
    ),
    Failure(
        "ERR-15",
        "spi_ps changed in SM6",
        attacked(Change(on=sm6, edit=bump("spi-s"))),
        _LOST,
        ("pcscf", "UNKNOWN_SPI"),
    ),
    Failure(
        "ERR-16",
        "port_pc changed in SM6",
        attacked(Change(on=sm6, edit=bump("port-c"))),
        "REGISTER 401 (REGISTER) (494)",
        ("pcscf", "VERIFY_MISMATCH"),
        wire_tcp=_TWICE,
    ),
    Failure(
        "ERR-17",
        "clear text to a protected port",
        clear_text_to_port_ps,
        "",
        ("pcscf", "CLEAR_TO_PROTECTED"),
        registered=AGAIN,
    ),
    Failure(
        "ERR-18",
        "a MESSAGE in the clear",
        a_stranger_writes,
        "",
        ("pcscf", "CLEAR_NON_REGISTER"),
        registered=EITHER,
    ),
    Failure(
        "ERR-18",
        "a MESSAGE in the clear, from an address that has SAs",
        clear_text_to_port_5060,
        "",
        ("pcscf", "CLEAR_FROM_PROTECTED_UE"),
        registered=AGAIN,
    ),
    Failure(
        "ERR-19",
        "REGISTER over SAs with another IMPI",
        lying(other_impi),
        "(REGISTER) (403)",
        ("pcscf", "IMPI_MISMATCH"),
        registered=AGAIN,
    ),
    Failure(
        "ERR-20",
        "a foreign identity preferred",
        prefers_a_foreign_name,
        _TO_ONESELF,
        ("", ""),
        registered=AGAIN,
    ),
    Failure(
        "ERR-21",
        "a MESSAGE over the temporary set",
        sm7_is(message_instead),
        "REGISTER 401 (MESSAGE)",
        ("pcscf", "SET_NOT_USABLE"),
        registered=EITHER,
    ),
    Failure(
        "ERR-22",
        "REGISTER over SAs whose Via is not its source",
        lying(other_via),
        "(REGISTER) (403)",
        ("pcscf", "SOURCE_NOT_VIA"),
        registered=AGAIN,
    ),
    Failure(
        "ERR-23",
        "401 from the core without ck and ik",
        keys_are_missing,
        "REGISTER 500",
        ("pcscf", "KEYS_MISSING"),
        registered=EITHER,
    ),
    Failure(
        "ERR-24",
        "the P-CSCF cannot install the set",
        no_room_at("pcscf"),
        "REGISTER 500",
        ("pcscf", "SA_INSTALL_FAILED"),
        registered=EITHER,
    ),
    Failure(
        "ERR-24",
        "the UE cannot install the set",
        no_room_at(VICTIM),
        "REGISTER 401",
        ("", ""),
        registered=EITHER,
    ),
    Failure(
        "ERR-25", "no answer to SM1", attacked(Drop(on=lambda s: s.sender == VICTIM)), "REGISTER", ("", "")
    ),
    Failure(
        "ERR-26",
        "Security-Client of SM7 differs, in a re-registration",
        sm7_is(other_client),
        _TWICE,
        ("pcscf", "CLIENT_MISMATCH"),
        registered=AGAIN,
    ),
)
"""ERR-01 to ERR-26."""
