"""An authoritative name server on loopback, made of dnspython: for tests, which say what it does wrong."""

from asyncio import (
    DatagramProtocol,
    DatagramTransport,
    StreamReader,
    StreamWriter,
    get_running_loop,
    start_server,
)
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone

from twopair.base import Endpoint, Port

ZONE = """
$TTL 60
@ SOA ns.example.net. root.example.net. 1 3600 600 86400 30
@ NS ns
ns A 127.0.0.1
icscf NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.icscf
icscf NAPTR 20 10 "s" "SIPS+D2T" "" _sips._tcp.icscf
_sip._udp.icscf SRV 10 60 5060 one
_sip._udp.icscf SRV 10 40 5070 two
one A 10.20.0.11
one 5 A 10.20.0.12
one AAAA 2001:db8::11
two A 10.20.0.13
alias 20 CNAME one
gone SRV 0 0 0 .
odd NAPTR 10 10 "s" "SIP+D2U" "" .
many A 10.30.0.1
"""


class Server:
    """Answers from a zone.

    Attributes:
        asked: questions in their order, with the transport.
        silent: how many questions more get no answer.
        rcode: of every answer, where it is set.
        change: called with each answer before it leaves.
    """

    def __init__(self, text: str = ZONE, origin: str = "example.net.") -> None:
        self._zone = dns.zone.from_text(text, origin, relativize=False, check_origin=False)
        self.asked: list[str] = []
        self.silent = 0
        self.rcode: dns.rcode.Rcode | None = None
        self.change: Callable[[dns.message.Message], None] = lambda _answer: None

    def answer(self, wire: bytes, transport: str) -> bytes | None:
        """The answer to a query, None for silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        self.asked.append(f"{transport} {question.name} {dns.rdatatype.to_text(question.rdtype)}")
        if self.silent:
            self.silent -= 1
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        self._fill(answer, question.name, question.rdtype)
        if self.rcode is not None:
            answer.set_rcode(self.rcode)
        self.change(answer)
        try:
            return answer.to_wire(max_size=512 if transport == "udp" else 65535)
        except Exception:  # too large
            short = dns.message.make_response(query)
            short.flags |= dns.flags.TC
            return short.to_wire()

    def _fill(self, answer: dns.message.Message, name: dns.name.Name, kind: Any) -> None:
        node = self._zone.get_node(name)
        there = None if node is None else self._zone.get_rdataset(name, kind)
        alias = None if node is None else self._zone.get_rdataset(name, "CNAME")
        if there is not None:
            answer.answer.append(dns.rrset.from_rdata_list(name, there.ttl, list(there)))
        elif alias is not None:
            answer.answer.append(dns.rrset.from_rdata_list(name, alias.ttl, list(alias)))
            self._fill(answer, alias[0].target, kind)
        else:
            soa = self._zone.find_rdataset("@", "SOA")
            answer.authority.append(dns.rrset.from_rdata_list(self._zone.origin, soa.ttl, list(soa)))  # type: ignore[arg-type]
            answer.set_rcode(dns.rcode.NXDOMAIN if node is None else dns.rcode.NOERROR)


class _Udp(DatagramProtocol):
    def __init__(self, server: Server) -> None:
        self.server = server
        self.transport: DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self.server.answer(data, "udp")
        if answer is not None and self.transport is not None:
            self.transport.sendto(answer, addr)


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Endpoint]:
    """The server on a port of its own, over UDP and TCP."""

    async def one(reader: StreamReader, writer: StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        answer = server.answer(await reader.readexactly(length), "tcp")
        if answer is not None:
            writer.write(len(answer).to_bytes(2, "big") + answer)
            await writer.drain()
        writer.close()

    loop = get_running_loop()
    while True:
        over_tcp = await start_server(one, "127.0.0.1", 0)
        port = over_tcp.sockets[0].getsockname()[1]
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Udp(server), local_addr=("127.0.0.1", port)
            )
        except OSError:  # somebody else has that port over UDP
            over_tcp.close()
        else:
            break
    try:
        yield Endpoint("127.0.0.1", Port(port))
    finally:
        transport.close()
        over_tcp.close()
        await over_tcp.wait_closed()
