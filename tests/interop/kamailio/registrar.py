"""Kamailio as registrar and S-CSCF, with registrar.cfg, on the host ``home``."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from tests.interop.auc import challenges, impi_of
from tests.interop.kamailio import program as kamailio
from tests.interop.programs import DOMAIN, Programs

CONFIGURATION: Final = Path(__file__).with_name("registrar.cfg")
ADDRESS: Final = "10.20.0.2"
USERS: Final = {1: f"sip:alice@{DOMAIN}", 2: f"sip:bob@{DOMAIN}"}

EACH: Final = 4
"""Challenges that it has for each user."""


def start(network: Programs, folder: Path) -> Path:
    """Kamailio, from when it takes messages on; it ends with the network. Gives its log."""
    values = {"ADDRESS": ADDRESS, "DOMAIN": DOMAIN, "CHALLENGES": "\n".join(_rows())}
    program, log = kamailio.start(network, "home", CONFIGURATION, values, folder)
    program.bound(5060)
    return log


def _rows() -> Iterator[str]:
    """What fills its tables at the start."""
    for user, impu in USERS.items():
        impi = impi_of(user)
        yield f'    $sht(user=>{impi}::impu) = "{impu}";'
        yield f"    $sht(av=>{impi}::next) = 0;"
        for number, challenge in enumerate(islice(challenges(user), EACH)):
            for name in ("nonce", "ck", "ik", "ha1"):
                yield f'    $sht(av=>{impi}::{number}::{name}) = "{getattr(challenge, name)}";'
