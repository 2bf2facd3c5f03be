"""Where a P-CSCF under load stands, and the UEs there: numbers, ports and the texts of their messages."""

from base64 import b64encode
from typing import Final, NamedTuple

from benchmarks.load.octets import SDP, Party, with_body

DOMAIN: Final = "ims.mnc001.mcc001.3gppnetwork.org"
NONCE: Final = b64encode(bytes(32)).decode()
CK, IK = "aa" * 16, "bb" * 16
ANSWERED: Final = "c" * 32
"""The response of an SM7: by it the home network knows one."""

ACCESS: Final = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010019B01"
BODY: Final = b"x" * 100


class Place(NamedTuple):
    """Addresses and ports of one P-CSCF with its UEs and its home network.

    Args:
        gm: the P-CSCF's address for UEs.
        core: the P-CSCF's address for the home network.
        home: the home network's.
        clear: every UE's port for what is not protected.
        server: every UE's port_us. After it, each has a port_uc for each of `turns` registrations in a row.
        network: the first two numbers of the UEs' addresses.
        turns: after so many, ports and SPIs of a UE come again.
        suites: ``alg`` and ``ealg`` that they offer, as Security-Client has them.
    """

    gm: str
    core: str
    home: str
    clear: int
    server: int
    network: tuple[int, int]
    turns: int = 10
    suites: tuple[tuple[str, str], ...] = (("hmac-sha-1-96", "aes-cbc"), ("hmac-sha-1-96", "null"))

    @classmethod
    def on_loopback(cls, number: int) -> "Place":
        """The n-th of several that stand beside each other, where all of 127 is one host."""
        port = 15_060 + 100 * number
        core, home = f"127.2.{number}.1", f"127.2.{number}.2"
        return cls(f"127.1.{number}.1", core, home, port, port + 1, (127, 16))

    @property
    def clients(self) -> range:
        """All port_uc."""
        return range(self.server + 9, self.server + 9 + 2 * self.turns, 2)

    def address(self, number: int) -> str:
        """Of the n-th UE."""
        first, second = self.network
        return f"{first}.{second + (number + 1 >> 16)}.{number + 1 >> 8 & 255}.{number + 1 & 255}"


class Phone:
    """One UE: its address, its numbers, and the Security-Server of its last registration."""

    __slots__ = (
        "address",
        "client",
        "name",
        "number",
        "offer",
        "old_client",
        "place",
        "port_ps",
        "server",
        "spi",
        "turn",
    )

    def __init__(self, number: int, place: Place) -> None:
        self.number = number
        self.place = place
        self.address = place.address(number)
        self.name = f"00101{number:010d}@{DOMAIN}"
        self.turn = self.client = self.old_client = 0
        self.port_ps = 5062
        self.server = ""
        self.renew()

    def renew(self) -> None:
        """New client port and SPIs."""
        self.turn += 1
        self.old_client = self.client
        turn = self.turn % self.place.turns
        self.client = self.place.clients[turn]
        spi = self.spi = 10_000 + 2 * (self.number * self.place.turns + turn)
        self.offer = ", ".join(
            f"ipsec-3gpp;alg={alg};ealg={ealg};spi-c={spi};spi-s={spi + 1};"
            f"port-c={self.client};port-s={self.place.server}"
            for alg, ealg in self.place.suites
        )

    def register(
        self, cseq: int, port: int, response: str = "", *, verify: bool = False, expires: int = 600_000
    ) -> bytes:
        """SM1 or SM7, with Security-Verify if it is protected."""
        verify_line = f"Security-Verify: {self.server}\r\n" if verify else ""
        return (
            f"REGISTER sip:{DOMAIN} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.address}:{port};branch=z9hG4bK{self.number}.{self.turn}.{cseq}"
            f"{'' if verify else ';rport'}\r\n"
            "Max-Forwards: 70\r\n"
            f"From: <sip:{self.name}>;tag=f{self.turn}\r\nTo: <sip:{self.name}>\r\n"
            f"Call-ID: r{self.number}-{self.turn}@{self.address}\r\nCSeq: {cseq} REGISTER\r\n"
            f"Contact: <sip:{self.address}:{self.place.server}>;expires={expires}\r\n"
            f'Authorization: Digest username="{self.name}",realm="{DOMAIN}",uri="sip:{DOMAIN}",'
            f'nonce="{NONCE if response else ""}",response="{response}",algorithm=AKAv1-MD5\r\n'
            f"Security-Client: {self.offer}\r\n{verify_line}"
            "Require: sec-agree\r\nProxy-Require: sec-agree\r\nSupported: path\r\n"
            f"P-Access-Network-Info: {ACCESS}\r\nUser-Agent: load\r\nContent-Length: 0\r\n\r\n"
        ).encode()

    def requests(self, method: str, number: int, port: int = 0) -> bytes:
        """A request to somebody at home, outside any dialog; its answer comes to port_us, or another port."""
        who = f"{self.address}:{port or self.place.server}"
        contact = f"Contact: <sip:{who}>\r\n" if method == "INVITE" else ""
        head = (
            f"{method} sip:someone@{DOMAIN} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {who};branch=z9hG4bKm{number}\r\nMax-Forwards: 70\r\n"
            f"Route: <sip:{self.place.gm}:{self.port_ps};lr>, <sip:orig@{self.place.home}:5060;lr>\r\n"
            f"From: <sip:{self.name}>;tag=m\r\nTo: <sip:someone@{DOMAIN}>\r\n"
            f"Call-ID: m{number}\r\nCSeq: 1 {method}\r\n{contact}"
            f"P-Preferred-Identity: <sip:{self.name}>\r\n{self.agreed}"
        )
        return ended(head, method)

    @property
    def agreed(self) -> str:
        """Header lines that each request has."""
        return (
            f"P-Access-Network-Info: {ACCESS}\r\nSecurity-Verify: {self.server}\r\n"
            "Require: sec-agree\r\nProxy-Require: sec-agree\r\nUser-Agent: load\r\n"
        )

    def party(self) -> Party:
        """The UE in its dialogs."""
        who = f"{self.address}:{self.place.server}"
        return Party(f"sip:{who}".encode(), who.encode(), self.agreed.encode())


def from_home(method: str, number: int, phone: Phone, path: str) -> bytes:
    """A request of the home network to a UE, outside any dialog."""
    home = phone.place.home
    contact = f"Contact: <sip:{home}:5060>\r\n" if method == "INVITE" else ""
    head = (
        f"{method} sip:{phone.address}:{phone.place.server} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {home}:5060;branch=z9hG4bKd{number}\r\nMax-Forwards: 68\r\n"
        f"Route: {path}\r\nFrom: <sip:someone@{DOMAIN}>;tag=d\r\nTo: <sip:{phone.name}>\r\n"
        f"Call-ID: d{number}\r\nCSeq: 1 {method}\r\n{contact}P-Called-Party-ID: <sip:{phone.name}>\r\n"
        f"P-Asserted-Identity: <sip:someone@{DOMAIN}>\r\nUser-Agent: load\r\n"
    )
    return ended(head, method)


def ended(head: str, method: str) -> bytes:
    """The request with the body that goes with its method."""
    kind, body = ("application/sdp", SDP) if method == "INVITE" else ("text/plain", BODY)
    return with_body(f"{head}Content-Type: {kind}\r\n".encode(), body)
