"""Our ends towards the core: addresses of either family, and how Via, Path and Record-Route name them."""

from typing import Final

from twopair.base import Endpoint, Flow, Transport
from twopair.core.locate import Kind
from twopair.nodes.pcscf.config import PcscfConfig
from twopair.nodes.pcscf.gm.access import ANY_CORE_PORT

_UDP: Final = Transport.UDP
_TCP: Final = Transport.TCP
_OVER_TCP: Final = ";transport=tcp"


class Ends:
    """Our endpoints towards the core.

    Args:
        config: of the P-CSCF.

    Attributes:
        first: the one that is used where nothing speaks for another.
        kinds: of the addresses that can be reached, the preferred one first.
    """

    __slots__ = ("_names", "_v4", "_v6", "first", "kinds")

    def __init__(self, config: PcscfConfig) -> None:
        self.first = config.core
        kinds = []
        self._v4 = self._v6 = config.core
        for end in config.cores:
            if ":" in end.address:
                self._v6 = end
                kinds.append(Kind.AAAA)
            else:
                self._v4 = end
                kinds.append(Kind.A)
        self.kinds = tuple(kinds)
        self._names = frozenset(map(str, config.cores))

    def towards(self, address: str) -> Endpoint:
        """Ours of the family of an address; the first one, if there is none of that family."""
        return self._v6 if ":" in address else self._v4

    def udp(self, remote: Endpoint) -> Flow:
        """The flow of datagrams to an endpoint."""
        return Flow(_UDP, self.towards(remote.address), remote)

    def tcp(self, remote: Endpoint) -> Flow:
        """The connection to an endpoint that we open ourselves."""
        return Flow(_TCP, Endpoint(self.towards(remote.address).address, ANY_CORE_PORT), remote)

    def via(self, flow: Flow, branch: str) -> str:
        """Our Via on a flow; a connection may be used for requests to us as well (RFC 5923 §5, ``alias``)."""
        end, alias = self.towards(flow.remote.address), ";alias" if flow.transport is _TCP else ""
        return f"SIP/2.0/{flow.transport.value} {end}{alias};branch={branch}"

    def is_ours(self, route: str) -> bool:
        """Whether a Path or Record-Route is one of ours, as we write it."""
        return route.partition("@")[2].partition(";")[0] in self._names

    def named(self, route: str, flow: Flow, *, tcp: bool) -> str:
        """A Path or Record-Route of ours as it is named on a flow: that end, and TCP if it was chosen."""
        who, _, behind = route.replace(_OVER_TCP, "").partition("@")
        here = f"{who}@{self.towards(flow.remote.address)};{behind.partition(';')[2]}"
        return f"{here[:-1]}{_OVER_TCP}>" if tcp else here
