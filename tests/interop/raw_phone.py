"""A phone made of text: it sends what a test wants, in the clear or in ESP that is right, or not quite."""

import re
import socket
from typing import Self

from tests.interop.programs import Programs
from tests.unit.nodes.homenet.core_side import KEYS
from tests.unit.nodes.pcscf.bed import DOMAIN, Ue

from twopair.base import Port, Spi, Suite
from twopair.core.aka import (
    Accepted,
    Card,
    CardProfile,
    aka_password,
    decode_nonce,
    digest_response,
)
from twopair.core.esp import Transform, make_transform
from twopair.core.sa import End, Pair, Ports, SaSet, Spis
from twopair.crypto.annex_i import expand
from twopair.live.entropy import OsEntropy
from twopair.wire import ip
from twopair.wire.sip import Response, parse

PCSCF = "10.10.0.1"
SUITE = Suite("null", "aes-gcm")
"""What the P-CSCF of examples/lab takes of an offer of everything."""

_UDP, _ESP = 17, 50


class RawPhone:
    """A phone at an address of its own on the bridge.

    Args:
        network: where it is.
        host: in whose namespace.
        number: of its IMSI, and of its address.
        impi_of: number of another subscriber whom it says it is.
        there: whether the host has the address already.
    """

    def __init__(
        self, network: Programs, host: str, number: int, impi_of: int = 0, *, there: bool = False
    ) -> None:
        self.ue = Ue(impi_of or number, address=f"10.10.2.{number}")
        if not there:
            network.add_address(host, f"{self.ue.address}/16")
        with network.namespace(host).entered():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, _ESP)
        self._socket.bind((self.ue.address, 5060))
        self._raw.bind((self.ue.address, 0))
        self._socket.settimeout(10)
        self._set: SaSet | None = None
        self._sa: Transform | None = None
        self._sent = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._raw.close()

    def clear(self, data: bytes) -> None:
        """Send in the clear, to 5060."""
        self._socket.sendto(data, (PCSCF, 5060))

    def asks(self, data: bytes) -> Response:
        """Send in the clear; the final answer."""
        self.clear(data)
        while True:
            answer = parse(self._socket.recv(65535))
            assert isinstance(answer, Response)
            if answer.status >= 200:
                return answer

    def sm1(self, **changes: str) -> Response:
        """SM1, and its answer, which is taken in where it is SM6."""
        self.ue.nonce = self.ue.server = ""
        answer = self.asks(self.ue.register(**changes))
        if answer.status == 401:
            self._take(answer)
        return answer

    def _take(self, sm6: Response) -> None:
        ue = self.ue
        ue.server = sm6.get("Security-Server") or ""
        ue.nonce = (sm6.get("WWW-Authenticate") or "").partition('nonce="')[2].partition('"')[0]
        card = Card(CardProfile.from_imsi(str(ue.impi).partition("@")[0], KEYS))
        self._card = card.authenticate(*decode_nonce(ue.nonce))
        assert isinstance(self._card, Accepted)
        numbers = {name: int(n) for name, n in re.findall(r"(spi-c|spi-s|port-c|port-s)=(\d+)", ue.server)}
        terms = ue.terms
        self._set = SaSet(
            1,
            ue.impi,
            End.UE,
            ue.address,
            PCSCF,
            Ports(terms.port_c, terms.port_s, Port(numbers["port-c"]), Port(numbers["port-s"])),
            Spis(terms.spi_c, terms.spi_s, Spi(numbers["spi-c"]), Spi(numbers["spi-s"])),
            SUITE,
            expand(SUITE, self._card.ck, self._card.ik),
        )
        self._sa = make_transform(self._set.pair(Pair.SA1).outbound, OsEntropy())
        self._sent = 0

    def sm7(self, *, protected: bool = True, **changes: str) -> bytes:
        """The right answer to the challenge, but for what is changed."""
        assert isinstance(self._card, Accepted)
        password = aka_password("AKAv1-MD5", self._card.res, self._card.ik, self._card.ck)
        response = digest_response(
            "AKAv1-MD5", self.ue.impi, DOMAIN, password, "REGISTER", f"sip:{DOMAIN}", self.ue.nonce,
            "auth", "00000001", "0a4f113b",
        )  # fmt: skip
        auth = ',algorithm=AKAv1-MD5,qop=auth,nc=00000001,cnonce="0a4f113b"'
        make = self.ue.sm7 if protected else self.ue.register
        return make(**{"response": response, "auth": auth, **changes})

    def protected(self, data: bytes, *, spoilt: bool = False, port: int = 0) -> None:
        """Send over SA1-up; `spoilt` damages the packet, `port` is another source port than agreed."""
        assert self._sa is not None, "SM6 came"
        assert self._set is not None, "with the SA"
        packet = ip.udp_datagram(self.ue.address, port or self.ue.terms.port_c, PCSCF, 5062, data)
        datagram = packet[ip.parse(packet).offset :]
        self._sent += 1
        packet = self._sa.seal(self._set.spis.ps, self._sent, datagram, _UDP)
        if spoilt:
            packet = packet[:-1] + bytes([packet[-1] ^ 1])
        self._raw.sendto(packet, (PCSCF, 0))
