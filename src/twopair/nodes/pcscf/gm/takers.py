"""Who may have which ports and SPIs (33.203 §7.1; SA-15, SA-18, SA-22)."""

from typing import Final, NamedTuple

from twopair.base import Endpoint, Flow, Impi
from twopair.core.sa import Stage
from twopair.core.secagree import Terms
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.tables import Tables

_TEMPORARY: Final = Stage.TEMPORARY


class Taker(NamedTuple):
    """Who asks for ports and SPIs.

    Args:
        impi: who.
        renewing: the registration whose set its REGISTER came over, None for one in the clear; what it
            repeats of those sets is judged at the challenge (RRG-02).
    """

    impi: Impi | None
    renewing: Subscriber | None = None

    def barred_by(self, holder: LiveSet | None) -> bool:
        """Whether it may not have what that set holds.

        A temporary set of the same IMPI does not count: a new challenge removes it first (row 1).
        """
        if holder is None or holder.owner is self.renewing:
            return False
        return holder.owner.impi != self.impi or holder.life.stage is not _TEMPORARY


NOBODY: Final = Taker(None)

Holders = tuple[LiveSet | None, LiveSet | None, LiveSet | None]
"""The sets that have a client port, and the two SPIs, that a UE offers."""

_NONE: Final[Holders] = (None, None, None)


def holders(tables: Tables, flow: Flow, terms: Terms) -> Holders:
    """Who has what a UE offers in a REGISTER that came on that flow."""
    sets, ue = tables.sets, flow.remote.address
    if not sets.count_at(ue):
        return _NONE
    ps = Endpoint(flow.local.address, tables.config.port_ps)
    uc = sets.holder_of_client_port(ps, Endpoint(ue, terms.port_c))
    return uc, sets.holder_of_spi(ue, terms.spi_c), sets.holder_of_spi(ue, terms.spi_s)


def taken(tables: Tables, flow: Flow, terms: Terms, taker: Taker) -> tuple[bool, bool]:
    """Whether the client port (SA-22) and whether an SPI (SA-15, SA-18) of an offer is another's."""
    uc, spi_c, spi_s = holders(tables, flow, terms)
    return taker.barred_by(uc), taker.barred_by(spi_c) or taker.barred_by(spi_s)
