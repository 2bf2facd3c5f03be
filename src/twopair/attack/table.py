"""Every row of the attacker table of the requirements, and the attacks made for it (33.203 §6, §7)."""

from typing import Final, NamedTuple

from twopair.attack import by_subscribers, on_agreement, on_aka, on_esp
from twopair.attack.attack import Attack

ATTACKS: Final[dict[str, Attack]] = {
    attack.name: attack
    for module in (on_agreement, on_esp, on_aka, by_subscribers)
    for attack in module.ATTACKS
}
"""All attacks by name."""


class Row(NamedTuple):
    """A row of the table.

    Args:
        name: what is attacked; `Attack.row` refers to it.
        effect: what happens if it is undefended.
        defeated_by: the requirements against it.
        unproven: why no attack of this row is shown to succeed undefended; empty where one is.
    """

    name: str
    effect: str
    defeated_by: str
    unproven: str = ""


ROWS: Final = (
    Row("port_us in SM1", "downlink traffic goes to another port", "AGR-24, AGR-31, AGR-32, ERR-14"),
    Row("spi_us in SM1", "downlink SA unusable, or reflection", "AGR-31, AGR-32, SA-15, SA-16"),
    Row("port_uc, spi_uc in SM1", "SM7 or SM12 does not match", "ERR-13, AGR-31"),
    Row("port_pc, spi_pc in SM6", "SA2 is wrong at the UE", "AGR-24, AGR-31, ERR-16"),
    Row(
        "port_ps, spi_ps in SM6",
        "SM7 is lost",
        "ERR-15",
        "by itself it only denies service; with a packet reflected it does more, see that row",
    ),
    Row("strong algorithms out of SM1", "a weaker algorithm", "AGR-21, AGR-22, AGR-24, AGR-31"),
    Row("strong algorithms out of SM6", "a weaker algorithm", "AGR-31, ERR-10"),
    Row("no Security-Client in SM1", "no SA", "AGR-30, VAR-60"),
    Row("no Security-Server in SM6", "no SA", "AKA-25, VAR-60"),
    Row("a re-registration altered", "as above, against a registered user", "MGU-02, ERR-26, ERR-30"),
    Row("an ESP packet reflected", "taken for the P-CSCF's", "SA-03, SA-15, SA-16"),
    Row("an ESP packet replayed", "a repeated request", "SA-06, ERR-07, RRG-02"),
    Row("a 401 / AUTN replayed", "old keys used again", "AKA-11, AKA-14, AKA-15, ERR-04"),
    Row("a forged AUTN", "a false network", "AKA-11, AKA-20, ERR-03"),
    Row("a forged AUTS", "SQN of the HSS moved", "AKA-17"),
    Row("IMPU of another user in a protected request", "impersonation", "SA-25, PCS-10, ERR-20"),
    Row("IMPI of another user over own SA", "registration theft", "AGR-34, ERR-19"),
    Row(
        "an unprotected REGISTER for a victim",
        "SAs replaced, user de-registered",
        "UNP-03, UNP-05, INT-02, INT-05, INT-06, MGP-08",
    ),
    Row("integrity-protected forged by the UE", "no authentication", "INT-01"),
    Row("source address spoofed", "requests in the victim's name", "UNP-01, SA-10, SA-21, SA-24, SA-25"),
    Row("clear text, RST or ICMP to protected ports", "reset, injection", "SA-21, UNP-06, ERR-17"),
    Row("an unprotected answer to the UE", "state confusion, denial", "UNP-02, UNP-04"),
    Row("SM1 flood with a victim's identity", "sets evicted, SQN burnt", "SA-22, MGP-04, MGP-05, MGP-08"),
    Row("port collision with a victim", "registration refused", "SA-22, SA-27, ERR-09"),
    Row("ck and ik read on Gm", "decryption, forgery", "AKA-31, AKA-32"),
    Row(
        "keys or IVs used twice in GCM",
        "plaintext recovered, packets forged",
        "KEY-08, MGP-14",
        "marks have no IVs; the IV space of each SA has unit tests, and real packets are looked at here",
    ),
    Row("the old set kept alive", "an older key stays in use", "TMR-03, TMR-05, MGP-04"),
)
"""Section 11, row by row."""


def attacks_of(row: Row) -> list[Attack]:
    """The attacks of a row, in the order of the table."""
    return [attack for attack in ATTACKS.values() if attack.row == row.name]
