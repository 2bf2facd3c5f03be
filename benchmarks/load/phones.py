"""UEs and a home network in one process: every message by hand, so that only the P-CSCF is measured."""

from base64 import b64encode
from itertools import count

from benchmarks.load.sockets import Sockets, keep_busy
from twopair.wire.sip import Request, Response, make_response, parse

DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
GM, CORE, HOME = "127.1.0.1", "127.2.0.1", "127.2.0.2"
CLEAR, SERVER, CLIENTS = 15_060, 6_101, tuple(range(6_110, 6_130, 2))
NONCE = b64encode(bytes(32)).decode()
ACCESS = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010019B01"


class Phone:
    """One UE: its address, its numbers, and the Security-Server of its last registration."""

    __slots__ = ("address", "client", "name", "number", "offer", "server", "turn")

    def __init__(self, number: int) -> None:
        self.number = number
        self.address = f"127.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        self.name = f"00101{number:010d}@{DOMAIN}"
        self.turn = 0
        self.server = ""
        self.renew()

    def renew(self) -> None:
        """New client port and SPIs."""
        self.turn += 1
        self.client = CLIENTS[self.turn % len(CLIENTS)]
        spi = 10_000 + 2 * (self.number * 50 + self.turn)
        self.offer = ", ".join(
            f"ipsec-3gpp;alg=hmac-sha-1-96;ealg={ealg};spi-c={spi};spi-s={spi + 1};"
            f"port-c={self.client};port-s={SERVER}"
            for ealg in ("aes-cbc", "null")
        )

    def register(self, cseq: int, port: int, nonce: str = "", response: str = "", verify: str = "") -> bytes:
        """SM1, or SM7 with nonce, response and Security-Verify."""
        verify_line = f"Security-Verify: {verify}\r\n" if verify else ""
        return (
            f"REGISTER sip:{DOMAIN} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.address}:{port};branch=z9hG4bK{self.number}.{self.turn}.{cseq}"
            f"{'' if verify else ';rport'}\r\n"
            "Max-Forwards: 70\r\n"
            f"From: <sip:{self.name}>;tag=f{self.turn}\r\nTo: <sip:{self.name}>\r\n"
            f"Call-ID: r{self.number}-{self.turn}@{self.address}\r\nCSeq: {cseq} REGISTER\r\n"
            f"Contact: <sip:{self.address}:{port}>;expires=600000\r\n"
            f'Authorization: Digest username="{self.name}",realm="{DOMAIN}",uri="sip:{DOMAIN}",'
            f'nonce="{nonce}",response="{response}",algorithm=AKAv1-MD5\r\n'
            f"Security-Client: {self.offer}\r\n{verify_line}"
            "Require: sec-agree\r\nProxy-Require: sec-agree\r\nSupported: path\r\n"
            f"P-Access-Network-Info: {ACCESS}\r\nUser-Agent: load\r\nContent-Length: 0\r\n\r\n"
        ).encode()


class Network:
    """Phones on one side of a P-CSCF and a home network on the other."""

    def __init__(self, phones: int) -> None:
        self.phones = [Phone(number) for number in range(phones)]
        self.finished = 0
        self.paths: dict[str, str] = {}
        self._numbers = count(1)
        self._sockets = Sockets()
        for port in (CLEAR, SERVER, *CLIENTS):
            self._sockets.bind(port, self._at_phone)
        self._sockets.bind(5060, self._at_home, HOME)

    def register(self, phones: list[Phone], window: int) -> None:
        """Let each of them register anew, from SM1 to SM12."""
        waiting = iter(phones)

        def begin() -> bool:
            phone = next(waiting, None)
            if phone is None:
                return False
            phone.renew()
            self._sockets.send((phone.address, CLEAR), (GM, 5060), phone.register(1, CLEAR))
            return True

        self._run(begin, window)

    def upward(self, messages: int, window: int) -> None:
        """MESSAGEs from the phones to the home network, each answered with 200."""
        left = iter(range(messages))

        def begin() -> bool:
            turn = next(left, None)
            if turn is None:
                return False
            phone = self.phones[turn * 7919 % len(self.phones)]
            self._sockets.send((phone.address, phone.client), (GM, 5062), self._message(phone))
            return True

        self._run(begin, window)

    def downward(self, messages: int, window: int) -> None:
        """MESSAGEs from the home network to the phones, each answered with 200."""
        left = iter(range(messages))

        def begin() -> bool:
            turn = next(left, None)
            if turn is None:
                return False
            phone = self.phones[turn * 7919 % len(self.phones)]
            self._sockets.send((HOME, 5060), (CORE, 5060), self._from_home(phone))
            return True

        self._run(begin, window)

    def close(self) -> None:
        """Close the sockets."""
        self._sockets.close()

    def _run(self, begin: object, window: int) -> None:
        self.finished = 0
        keep_busy(self._sockets, begin, lambda: self.finished, window)  # type: ignore[arg-type]

    def _message(self, phone: Phone) -> bytes:
        number = next(self._numbers)
        return (
            f"MESSAGE sip:someone@{DOMAIN} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {phone.address}:{SERVER};branch=z9hG4bKm{number}\r\nMax-Forwards: 70\r\n"
            f"Route: <sip:{GM}:5062;lr>, <sip:orig@{HOME}:5060;lr>\r\n"
            f"From: <sip:{phone.name}>;tag=m\r\nTo: <sip:someone@{DOMAIN}>\r\n"
            f"Call-ID: m{number}\r\nCSeq: 1 MESSAGE\r\nP-Preferred-Identity: <sip:{phone.name}>\r\n"
            f"P-Access-Network-Info: {ACCESS}\r\nSecurity-Verify: {phone.server}\r\n"
            "Require: sec-agree\r\nProxy-Require: sec-agree\r\nUser-Agent: load\r\n"
            "Content-Type: text/plain\r\nContent-Length: 100\r\n\r\n" + "x" * 100
        ).encode()

    def _from_home(self, phone: Phone) -> bytes:
        number = next(self._numbers)
        return (
            f"MESSAGE sip:{phone.address}:{SERVER} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {HOME}:5060;branch=z9hG4bKd{number}\r\nMax-Forwards: 68\r\n"
            f"Route: {self.paths[phone.name]}\r\n"
            f"From: <sip:someone@{DOMAIN}>;tag=d\r\nTo: <sip:{phone.name}>\r\n"
            f"Call-ID: d{number}\r\nCSeq: 1 MESSAGE\r\nP-Called-Party-ID: <sip:{phone.name}>\r\n"
            f"P-Asserted-Identity: <sip:someone@{DOMAIN}>\r\nUser-Agent: load\r\n"
            "Content-Type: text/plain\r\nContent-Length: 100\r\n\r\n" + "x" * 100
        ).encode()

    def _at_phone(self, data: bytes) -> None:
        message = parse(data)
        if isinstance(message, Request):
            phone = self._phone((message.get("To") or "").partition("sip:")[2])
            answer = make_response(message, 200, to_tag="p").to_bytes()
            self._sockets.send((phone.address, phone.client), (GM, 5062), answer)
        elif message.status == 401:
            phone = self._phone((message.get("To") or "").partition("sip:")[2])
            phone.server = ", ".join(message.get_all("Security-Server"))
            sm7 = phone.register(2, SERVER, NONCE, "c" * 32, phone.server)
            self._sockets.send((phone.address, phone.client), (GM, 5062), sm7)
        else:
            self._finish(message)

    def _at_home(self, data: bytes) -> None:
        message = parse(data)
        if isinstance(message, Response):
            self._finish(message)
        elif message.method != "REGISTER":
            self._sockets.send((HOME, 5060), (CORE, 5060), make_response(message, 200, to_tag="h").to_bytes())
        elif 'integrity-protected="yes"' in (message.get("Authorization") or ""):
            self._sockets.send((HOME, 5060), (CORE, 5060), self._accept(message))
        else:
            challenge = (
                f'Digest realm="{DOMAIN}",nonce="{NONCE}",algorithm=AKAv1-MD5,qop="auth",'
                f'ck="{"aa" * 16}",ik="{"bb" * 16}"'
            )
            answer = make_response(message, 401, to_tag="h", headers=[("WWW-Authenticate", challenge)])
            self._sockets.send((HOME, 5060), (CORE, 5060), answer.to_bytes())

    def _accept(self, register: Request) -> bytes:
        name = (register.get("To") or "").partition("sip:")[2].partition(">")[0]
        self.paths[name] = register.get("Path") or ""
        headers = [
            ("Contact", register.get("Contact") or ""),
            ("Path", self.paths[name]),
            ("Service-Route", f"<sip:orig@{HOME}:5060;lr>"),
            ("P-Associated-URI", f"<sip:{name}>"),
        ]
        return make_response(register, 200, to_tag="h", headers=headers).to_bytes()

    def _finish(self, message: Response) -> None:
        if message.status != 200:
            raise RuntimeError(f"answered {message.status} {message.reason}: {message.to_bytes()!r}")
        self.finished += 1

    def _phone(self, text: str) -> Phone:
        return self.phones[int(text[5:15])]
