"""Who the UE is in its messages: identities, addresses, Via and Contact (MSG-02, MSG-03)."""

from dataclasses import dataclass

from twopair.base import Endpoint, Entropy, Impi, Impu, Port, Transport, token
from twopair.nodes.ue.config import UeConfig
from twopair.wire.sip import MAGIC


@dataclass(frozen=True, slots=True)
class Profile:
    """What stays the same from start to power-off.

    Args:
        config: of this UE.
        impi: private identity.
        impu: the identity that is registered.
        domain: home network domain.
        port_us: protected server port, fixed while anything is registered (RRG-01).
        user: user part of Contact.
    """

    config: UeConfig
    impi: Impi
    impu: Impu
    domain: str
    port_us: Port
    user: str

    @property
    def server(self) -> Endpoint:
        """Where protected requests and UDP responses reach the UE."""
        return Endpoint(self.config.address, self.port_us)

    @property
    def clear(self) -> Endpoint | None:
        """Where every REGISTER in the clear leaves from; None: from a port drawn for it (MSG-05)."""
        port = self.config.clear_port
        return None if port is None else Endpoint(self.config.address, port)

    @property
    def registrar(self) -> str:
        """Request-URI of REGISTER and digest-uri: the home domain (AKA-06, AKA-07)."""
        return f"sip:{self.domain}"

    @property
    def contact(self) -> str:
        """Value of Contact: always the protected server port (MSG-03)."""
        tcp = ";transport=tcp" if self.config.transport is Transport.TCP else ""
        features = "".join(f";{feature}" for feature in self.config.contact_features)
        return f"<sip:{self.user}@{self.server}{tcp}>{features}"

    def via(self, transport: Transport, entropy: Entropy) -> str:
        """Via of a protected request: sent-by has port_us, whatever port it leaves from (MSG-02)."""
        return f"SIP/2.0/{transport.value} {self.server};branch={MAGIC}{token(entropy)}"

    def clear_via(self, transport: Transport, local: Endpoint, entropy: Entropy) -> str:
        """Via of an unprotected REGISTER: where the answer is expected, with rport (MSG-05)."""
        return f"SIP/2.0/{transport.value} {local};branch={MAGIC}{token(entropy)};rport"
