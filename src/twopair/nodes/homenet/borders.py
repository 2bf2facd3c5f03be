"""Where the home network ends: ways to others, and what crosses the border (24.229 §4.4; PCS-28)."""

from collections.abc import Iterator

from twopair.base import Endpoint
from twopair.core.sip.trust import ENTERS, not_outside
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.identities import host_of, identity_key, public_identity
from twopair.nodes.homenet.routes import server_endpoint
from twopair.wire.sip import Message


class Borders:
    """Who is in the trust domain, and which way other networks are. Application servers are (24.229 §4.4).

    Args:
        config: routes, and addresses of the trust domain.
    """

    def __init__(self, config: HomeConfig) -> None:
        self._routes = config.routes
        self._trusted = frozenset((*config.trusted, *_servers(config))) if config.trusted else frozenset()
        self._strangers = frozenset(route.next.address for route in config.routes)

    def inside(self, peer: Endpoint) -> bool:
        """Whether a neighbour is in the trust domain."""
        return peer.address in self._trusted if self._trusted else peer.address not in self._strangers

    def next_hop(self, uri: str) -> Endpoint | None:
        """The way to the user of another network, None where there is none. Raises WireError."""
        for route in self._routes:
            if route.domain:
                fits = host_of(uri) == route.domain.lower()
            else:
                fits = public_identity(uri).startswith(identity_key(f"tel:{route.prefix}"))
            if fits:
                return route.next
        return None

    def enter(self, message: Message) -> None:
        """Take out what only the trust domain may say."""
        message.remove_all(ENTERS)

    def leave(self, message: Message) -> None:
        """Take out what others need not know; identities too where the user wants privacy (RFC 3325 §7)."""
        message.remove_all(not_outside(message))

    def cross(self, message: Message, came_from: Endpoint, goes_to: Endpoint) -> None:
        """Take out what may not pass between two neighbours."""
        if not self.inside(came_from):
            self.enter(message)
        if not self.inside(goes_to):
            self.leave(message)


def _servers(config: HomeConfig) -> Iterator[str]:
    """Addresses of the application servers."""
    for _name, criteria in config.services:
        for criterion in criteria:
            endpoint = server_endpoint(criterion.server.uri)
            if endpoint is not None:
                yield endpoint.address
