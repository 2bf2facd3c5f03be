"""Who we are to Diameter peers, and who they are: plain values, as in the configuration (RFC 6733 §2.7)."""

from dataclasses import dataclass
from typing import Final

from twopair.base import Endpoint

PORT: Final = 3868
"""RFC 6733 §2.1."""


TGPP: Final = 10415
"""3GPP's vendor number."""


@dataclass(frozen=True, slots=True)
class Application:
    """One application, as capabilities name it.

    Args:
        id: Application-Id.
        vendor: whose it is.
    """

    id: int
    vendor: int = TGPP


CX: Final = Application(16777216)
"""29.229 §5."""

RX: Final = Application(16777236)
"""29.214 §5.1."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row of the peer table.

    Args:
        host: its Origin-Host.
        realm: its realm, the destination of requests that it takes.
        endpoint: where we connect to; None where it connects to us.
    """

    host: str
    realm: str
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Local:
    """This node.

    Args:
        host: our Origin-Host.
        realm: our Origin-Realm.
        applications: what we speak.
        neighbours: the peer table; whoever is not in it is refused.
        listen: where others may connect; None where nobody may.
        address: named in Host-IP-Address; that of the connection if empty.
        watchdog_s: silence after which a peer is asked whether it lives (RFC 3539 §3.4.1); it is let go after
            as long again.
        timeout_s: how long an answer may take.
    """

    host: str
    realm: str
    applications: tuple[Application, ...]
    neighbours: tuple[Neighbour, ...]
    listen: Endpoint | None = None
    address: str = ""
    watchdog_s: float = 30.0
    timeout_s: float = 5.0

    def neighbour(self, host: str) -> Neighbour | None:
        """The row of an Origin-Host; DiameterIdentities are compared without regard to case."""
        return next((one for one in self.neighbours if one.host.lower() == host.lower()), None)
