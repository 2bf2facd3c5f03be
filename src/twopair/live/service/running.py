"""A P-CSCF that serves, as those who attend to it see it."""

from pathlib import Path
from typing import NamedTuple

from twopair.live.config import PcscfFile
from twopair.live.driver import Driver
from twopair.live.ipsec import Ipsec
from twopair.live.keeping.kept import Kept
from twopair.nodes.pcscf import Pcscf


class Running(NamedTuple):
    """What a service is made of.

    Args:
        file: its configuration; relative paths are relative to it.
        settings: what the file says.
        node: the P-CSCF.
        driver: runs it.
        ipsec: where its SAs are.
        kept: what is to outlive the process, None if nothing is.
    """

    file: Path
    settings: PcscfFile
    node: Pcscf
    driver: Driver
    ipsec: Ipsec
    kept: Kept | None
