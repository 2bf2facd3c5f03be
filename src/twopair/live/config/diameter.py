"""Table [diameter], of every file that has one (RFC 6733 §2.7)."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, field_validator

from twopair.base import Endpoint, Port
from twopair.live.config.endpoints import Keys
from twopair.live.config.fields import Section, Word, endpoint_of
from twopair.live.diameter.local import PORT, Application, Local, Neighbour

DiameterEndpoint = Annotated[Endpoint, BeforeValidator(partial(endpoint_of, usual=str(PORT)))]
"""``10.0.0.1`` or ``10.0.0.1:3868``; without a port 3868 is meant."""

LONGEST_WATCHDOG_S: Final = 3600


class PeerEntry(Section):
    """Table [[diameter.peer]]."""

    host: Word
    realm: Word | None = None
    address: DiameterEndpoint | None = None


class Diameter(Section):
    """Table [diameter]."""

    origin_host: Word
    realm: Word | None = None
    listen: DiameterEndpoint | None = None
    watchdog_s: Annotated[int, Field(ge=1, le=LONGEST_WATCHDOG_S)] = 30
    timeout_s: Annotated[int, Field(ge=1, le=9)] = 5
    peer: list[PeerEntry] = Field(min_length=1)

    @field_validator("peer")
    @classmethod
    def _each_once(cls, peers: list[PeerEntry]) -> list[PeerEntry]:
        hosts = [peer.host.lower() for peer in peers]
        twice = next((host for n, host in enumerate(hosts) if host in hosts[:n]), None)
        if twice is not None:
            raise ValueError(f"has {twice} twice; give each peer once")
        return peers

    def local(self, domain: str, applications: tuple[Application, ...]) -> Local:
        """Who this node is to its peers.

        Args:
            domain: the realm where none is given.
            applications: what it speaks.
        """
        realm = self.realm or domain
        return Local(
            self.origin_host,
            realm,
            applications,
            tuple(Neighbour(peer.host, peer.realm or realm, peer.address) for peer in self.peer),
            self.listen,
            watchdog_s=self.watchdog_s,
            timeout_s=self.timeout_s,
        )

    def endpoints(self) -> Iterator[tuple[Endpoint, Keys]]:
        """What is bound beside the node, and the keys it comes from."""
        if self.listen is not None:
            yield self.listen, Keys("diameter.listen", "diameter.listen", Port(self.listen.port))
