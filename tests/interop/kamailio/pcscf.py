"""Kamailio as P-CSCF, with pcscf.cfg, on the host ``pcscf``."""

import time
from collections.abc import Sequence
from pathlib import Path
from socket import AF_INET, AF_INET6, SOCK_STREAM
from typing import Final

from tests.interop.kamailio import program as kamailio
from tests.interop.programs import Programs

CONFIGURATION: Final = Path(__file__).with_name("pcscf.cfg")
FIRST_SPI: Final = 4096
PAIRS: Final = 10
SERVER_PORT: Final = 6100
"""The first of its protected server ports, as pcscf.cfg has them."""

_PATIENCE_S: Final = 30


def values(gm: str, core: str, home: str, domain: str, *, first_spi: int, pairs: int) -> dict[str, str]:
    """What stands in pcscf.cfg for these addresses.

    Args:
        gm: address towards the UEs, IPv4 or IPv6.
        core: address towards the home network.
        home: address of the home network.
        domain: its domain.
        first_spi: where its SPIs begin; the module's own default is 100.
        pairs: how many pairs of protected ports it has; each takes four processes.
    """
    six = ":" in gm
    return {
        "GM": f"[{gm}]" if six else gm,
        "ADDRESS": gm,
        "LISTEN": "ipsec_listen_addr6" if six else "ipsec_listen_addr",
        "CORE": core,
        "HOME": home,
        "DOMAIN": domain,
        "FIRST_SPI": str(first_spi),
        "PAIRS": str(pairs),
    }


def start(
    network: Programs, folder: Path, wanted: dict[str, str], defines: Sequence[str] = (), shared_mb: int = 64
) -> Path:
    """Kamailio, from when it takes connections on; it ends with the network. Gives its log."""
    _, log = kamailio.start(network, "pcscf", CONFIGURATION, wanted, folder, defines, shared_mb)
    gm = wanted["ADDRESS"]
    over = time.monotonic() + _PATIENCE_S
    while time.monotonic() < over:  # TCP comes last of what it opens
        with network.namespace("pcscf").socket(AF_INET6 if ":" in gm else AF_INET, SOCK_STREAM) as probe:
            if not probe.connect_ex((gm, 5060)):
                return log
        time.sleep(0.1)
    raise AssertionError(log.read_text())
