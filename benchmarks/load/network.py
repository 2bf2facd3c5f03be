"""UEs and a home network in one process: they register, write and call, and notice if anything is lost."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from socket import socket
from typing import Final

from benchmarks.load.octets import Party, answer, field, fields, status, uri
from benchmarks.load.phone import ANSWERED, CK, DOMAIN, IK, NONCE, Phone, Place, from_home
from benchmarks.load.sockets import Opener, Sockets, keep_busy

WINDOW: Final = 24
CHALLENGE: Final = (
    f'WWW-Authenticate: Digest realm="{DOMAIN}",nonce="{NONCE}",algorithm=AKAv1-MD5,qop="auth",'
    f'ck="{CK}",ik="{IK}"\r\n'
).encode()


class NoSas:
    """What has nothing to do where the back end encrypts nothing."""

    def challenged(self, phone: Phone) -> None:
        """There is a Security-Server of the phone's: SM7 goes over what it says."""

    def registered(self, phone: Phone) -> None:
        """SM12 has come."""


class Network:
    """UEs on one side of a P-CSCF and a home network on the other.

    Args:
        place: where.
        sockets: none of them bound yet.
        sas: the UEs' SAs.
        gm: makes sockets where the UEs are.
        core: makes them where the home network is.

    Attributes:
        repeated: final answers that came once more: somebody had repeated a message.
    """

    def __init__(
        self,
        place: Place,
        sockets: Sockets | None = None,
        sas: NoSas | None = None,
        *,
        gm: Opener = socket,
        core: Opener = socket,
    ) -> None:
        self.place = place
        self._sas = sas or NoSas()
        self.phones: list[Phone] = []
        self.repeated = 0
        self.paths: dict[str, str] = {}
        self._open: set[bytes] = set()
        self._numbers = count(1)
        self._core = f"{place.core}:".encode()
        self._home = Party(f"sip:{place.home}:5060".encode(), f"{place.home}:5060".encode())
        self._sockets = sockets or Sockets()
        for port in (place.clear, place.server, *place.clients):
            self._sockets.bind(port, self._at_phone, opened=gm)
        self._sockets.bind(5060, self._at_home, place.home, core)

    def grow(self, number: int) -> list[Phone]:
        """Have that many more UEs; gives the new ones."""
        known = len(self.phones)
        self.phones += [Phone(known + n, self.place) for n in range(number)]
        return self.phones[known:]

    # What one of them may begin.

    def register(self, phone: Phone) -> None:
        """SM1 to SM12, beginning in the clear."""
        phone.renew()
        self._begun(f"r{phone.number}-{phone.turn}@{phone.address}")
        sm1 = phone.register(1, self.place.clear)
        self._sockets.send((phone.address, self.place.clear), (self.place.gm, 5060), sm1)

    def register_again(self, phone: Phone) -> None:
        """The same, beginning over the set that there is."""
        phone.renew()
        self._begun(f"r{phone.number}-{phone.turn}@{phone.address}")
        sm1 = phone.register(1, self.place.server, "d" * 32, verify=True)
        self._sockets.send((phone.address, phone.old_client), (self.place.gm, phone.port_ps), sm1)

    def deregister(self, phone: Phone) -> None:
        """The end of the registration."""
        phone.renew()
        self._begun(f"r{phone.number}-{phone.turn}@{phone.address}")
        last = phone.register(3, self.place.server, ANSWERED, verify=True, expires=0)
        self._sockets.send((phone.address, phone.old_client), (self.place.gm, phone.port_ps), last)

    def message_up(self, phone: Phone) -> None:
        """A MESSAGE from the UE, with its 200."""
        self._up("MESSAGE", phone)

    def message_in_the_clear(self, port: int, phone: Phone) -> None:
        """The same to that port of the P-CSCF, past the UE's SAs: whoever has the port, has some work."""
        number = next(self._numbers)
        self._begun(f"m{number}")
        source = (phone.address, self.place.clear)
        self._sockets.send(source, (self.place.gm, port), phone.requests("MESSAGE", number, self.place.clear))

    def message_down(self, phone: Phone) -> None:
        """A MESSAGE to the UE, with its 200."""
        self._down("MESSAGE", phone)

    def call_up(self, phone: Phone) -> None:
        """A call of the UE, set up and released: INVITE, 180, 200, ACK, BYE, 200."""
        self._up("INVITE", phone)

    def call_down(self, phone: Phone) -> None:
        """A call to the UE, set up and released."""
        self._down("INVITE", phone)

    def begins(self) -> dict[str, Callable[[Phone], None]]:
        """All of these by name."""
        return {
            "registration": self.register,
            "re-registration": self.register_again,
            "MESSAGE up": self.message_up,
            "MESSAGE down": self.message_down,
            "call up": self.call_up,
            "call down": self.call_down,
        }

    def run(self, begin: Callable[[Phone], None], phones: Iterable[Phone], window: int = WINDOW) -> None:
        """Let each of them begin, at most `window` at a time, until all is finished.

        Raises:
            RuntimeError: something was lost, or answered as it should not be.
        """
        waiting = iter(phones)

        def next_one() -> bool:
            phone = next(waiting, None)
            if phone is None:
                return False
            begin(phone)
            return True

        keep_busy(self._sockets, next_one, self._open, window)

    @contextmanager
    def answering_at(self, address: str) -> Iterator[None]:
        """Be the home network at that address, too."""
        if address == self.place.home:
            yield
            return
        with self._sockets.beside(5060, self._at_home, address):
            yield

    def close(self) -> None:
        """Close the sockets."""
        self._sockets.close()

    def _up(self, method: str, phone: Phone) -> None:
        number = next(self._numbers)
        self._begun(f"m{number}")
        self._from_phone(phone, phone.requests(method, number))

    def _down(self, method: str, phone: Phone) -> None:
        number = next(self._numbers)
        self._begun(f"d{number}")
        self._from_home(from_home(method, number, phone, self.paths[phone.name]))

    def _from_phone(self, phone: Phone, data: bytes) -> None:
        self._sockets.send((phone.address, phone.client), (self.place.gm, phone.port_ps), data)

    def _from_home(self, data: bytes) -> None:
        """To the worker whose port is in the topmost Via of what is answered, or in the Path of the UE."""
        _, found, after = data.partition(self._core)
        port = int(after[:4]) if found else 5060  # Kamailio leaves out what is the default
        self._sockets.send((self.place.home, 5060), (self.place.core, port), data)

    def _begun(self, call_id: str) -> None:
        self._open.add(call_id.encode())

    def _finish(self, message: bytes) -> None:
        call_id = field(message, b"Call-ID")
        if call_id in self._open:
            self._open.remove(call_id)
        else:
            self.repeated += 1

    def _at_phone(self, data: bytes) -> None:
        code = status(data)
        if not code:
            phone = self._phone(field(data, b"To"))
            for response in phone.party().answers(data):
                self._from_phone(phone, response)
        elif code == 401:
            self._challenged(self._phone(field(data, b"To")), data)
        elif code == 200 and field(data, b"CSeq").endswith(b"INVITE"):
            phone = self._phone(field(data, b"From"))
            for request in phone.party().follows(data):
                self._from_phone(phone, request)
        else:
            if code == 200 and field(data, b"CSeq").endswith(b"REGISTER"):
                self._sas.registered(self._phone(field(data, b"To")))
            self._ended(code, data)

    def _at_home(self, data: bytes) -> None:
        code = status(data)
        if data.startswith(b"REGISTER "):
            self._from_home(self._registrar(data))
        elif not code:
            for response in self._home.answers(data):
                self._from_home(response)
        elif code == 200 and field(data, b"CSeq").endswith(b"INVITE"):
            for request in self._home.follows(data):
                self._from_home(request)
        else:
            self._ended(code, data)

    def _ended(self, code: int, data: bytes) -> None:
        if code == 200:
            self._finish(data)
        elif code > 200:
            raise RuntimeError(f"an answer that nobody wants: {data!r}")

    def _challenged(self, phone: Phone, data: bytes) -> None:
        phone.server = b", ".join(fields(data, b"Security-Server")).decode()
        if not phone.server:
            raise RuntimeError(f"a 401 without Security-Server: {data!r}")
        phone.port_ps = int(phone.server.partition("port-s=")[2].partition(";")[0].partition(",")[0])
        self._sas.challenged(phone)
        self._from_phone(phone, phone.register(2, self.place.server, ANSWERED, verify=True))

    def _registrar(self, request: bytes) -> bytes:
        authorization = field(request, b"Authorization")
        if ANSWERED.encode() not in authorization:
            return answer(request, b"401 Unauthorized", CHALLENGE)
        if b'integrity-protected="yes"' not in authorization:
            raise RuntimeError(f"an SM8 that is not protected: {request!r}")
        name, path = uri(field(request, b"To"))[4:], field(request, b"Path")
        self.paths[name.decode()] = path.decode()
        more = (
            b"Contact: %s\r\nPath: %s\r\n" % (field(request, b"Contact"), path)
            + b"Service-Route: <sip:orig@%s:5060;lr>\r\n" % self.place.home.encode()
            + b"P-Associated-URI: <sip:%s>\r\n" % name
        )
        return answer(request, b"200 OK", more)

    def _phone(self, value: bytes) -> Phone:
        begin = value.find(b"sip:") + 9
        return self.phones[int(value[begin : begin + 10])]
