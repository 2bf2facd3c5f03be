"""Who the UE is in its messages: identities, addresses, Via and Contact (MSG-02, MSG-03)."""

from collections.abc import Sequence
from dataclasses import dataclass

from twopair.base import Endpoint, Entropy, Impi, Impu, Port, Transport, token
from twopair.core.registration.flows import OUTBOUND
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
        return f"<{self.uri}>{self._features}"

    @property
    def registered(self) -> str:
        """Value of Contact in REGISTER: it names the registration (RFC 5626 §4.2; 24.229 §5.1.6.2)."""
        config = self.config
        sos = ";sos" if config.sos else ""
        instance = f';+sip.instance="<{config.instance}>"' if config.instance else ""
        reg_id = f";reg-id={config.reg_id}" if config.reg_id else ""
        return f"<{self.uri}{sos}>{instance}{reg_id}{self._features}"

    @property
    def supported(self) -> Sequence[str]:
        """Option tags of REGISTER (24.229 §5.1.1.2.1)."""
        return ("path", OUTBOUND) if self.config.reg_id else ("path",)

    @property
    def uri(self) -> str:
        """URI of Contact."""
        tcp = ";transport=tcp" if self.config.transport is Transport.TCP else ""
        return f"sip:{self.user}@{self.server}{tcp}"

    @property
    def _features(self) -> str:
        return "".join(f";{feature}" for feature in self.config.contact_features)

    def via(self, transport: Transport, entropy: Entropy) -> str:
        """Via of a protected request: sent-by has port_us, whatever port it leaves from (MSG-02)."""
        return f"SIP/2.0/{transport.value} {self.server};branch={MAGIC}{token(entropy)}"

    def clear_via(self, transport: Transport, local: Endpoint, entropy: Entropy) -> str:
        """Via of an unprotected REGISTER: where the answer is expected, with rport (MSG-05)."""
        return f"SIP/2.0/{transport.value} {local};branch={MAGIC}{token(entropy)};rport"
