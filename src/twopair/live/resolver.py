"""Asks the DNS, with dnspython, and never waits: an answer is an event (RFC 1035, RFC 2308)."""

import logging
from asyncio import Task, create_task
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dns import flags, rcode
from dns.asyncresolver import Resolver as Asking
from dns.exception import DNSException, Timeout
from dns.message import Message, QueryMessage
from dns.name import Name
from dns.rdata import Rdata
from dns.rdatatype import RdataType
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.SRV import SRV
from dns.resolver import NXDOMAIN, LifetimeTimeout, NoNameservers, NoResolverConfiguration

from twopair.base import Endpoint, WireError, canonical_address
from twopair.core.locate import Address, Answer, Fault, Kind, Naptr, Record, Resolve, Resolved, Srv, is_name
from twopair.nodes.events import Event

_log = logging.getLogger(__name__)

LIFETIME_S: Final = 4.0
"""How long one question is asked, of all servers; a node waits little longer."""

ONE_TRY_S: Final = 1.0
"""How long one server may take before the next is asked."""

NEGATIVE_S: Final = 300
"""At most so long a name counts as absent (RFC 2308 §5 lets us choose)."""

FAULTY_S: Final = 10
"""How long silence, and what cannot be read, is not asked again (RFC 2308 §7)."""


class Resolver:
    """Carries out `Resolve`.

    Args:
        feed: given the answer.
        nameservers: asked in this order; none: those of /etc/resolv.conf.
    """

    def __init__(self, feed: Callable[[Event], None], nameservers: Sequence[Endpoint] = ()) -> None:
        self._feed = feed
        self._tasks: set[Task[None]] = set()
        self._asking = _asking(nameservers)

    def ask(self, action: Resolve) -> None:
        """Begin to ask; the answer is fed later, whatever it is."""
        task = create_task(self._answer(action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Ask no longer."""
        for task in self._tasks:
            task.cancel()

    async def _answer(self, action: Resolve) -> None:
        answer = await self._look_up(action)
        if answer.fault is not None:
            _log.debug("%s: %s", action.question, answer.fault.value)
        self._feed(Resolved(action.question, answer))

    async def _look_up(self, action: Resolve) -> Answer:
        name, kind = action.question
        if self._asking is None:
            return Answer((), FAULTY_S, Fault.SILENT)
        try:
            found = await self._asking.resolve(
                f"{name}.", kind.value, raise_on_no_answer=False, search=False, lifetime=LIFETIME_S
            )
        except NXDOMAIN as error:
            return answer_of(_first(error), kind)
        except (NoNameservers, LifetimeTimeout, Timeout) as error:
            fault = Fault.REFUSED if isinstance(error, NoNameservers) else Fault.SILENT
            return Answer((), FAULTY_S, fault)
        except (DNSException, OSError, ValueError):
            return Answer((), FAULTY_S, Fault.GARBLED)
        return answer_of(found.response, kind)


def _asking(nameservers: Sequence[Endpoint]) -> Asking | None:
    """Set up as the file says, or as this host is; None where neither names a server."""
    try:
        asking = Asking(configure=not nameservers)
    except NoResolverConfiguration:
        return None
    asking.cache = None  # the node keeps what it was told
    asking.timeout = ONE_TRY_S
    if nameservers:
        asking.nameservers = [server.address for server in nameservers]
        asking.nameserver_ports = {server.address: server.port for server in nameservers}
    return asking


def _first(error: NXDOMAIN) -> QueryMessage | None:
    return next(iter(error.responses().values()), None)  # type: ignore[no-untyped-call]


def answer_of(response: Message | None, kind: Kind) -> Answer:
    """What a response says, whatever is in it: records that can be used, or the fault; nothing is raised.

    Of aliases (CNAME) the last one counts, and the shortest time to live of all.
    """
    if not isinstance(response, QueryMessage) or not response.flags & flags.QR or not response.question:
        return Answer((), FAULTY_S, Fault.GARBLED)
    if response.rcode() not in (rcode.NOERROR, rcode.NXDOMAIN):
        return Answer((), FAULTY_S, Fault.REFUSED)
    try:
        chain = response.resolve_chaining()
    except (DNSException, ValueError):
        return Answer((), FAULTY_S, Fault.GARBLED)
    ttl_s = min(chain.minimum_ttl, NEGATIVE_S) if chain.answer is None else chain.minimum_ttl
    if response.rcode() == rcode.NXDOMAIN:
        return Answer((), min(ttl_s, NEGATIVE_S), Fault.NO_NAME)
    read = _READ[kind]
    records = tuple(
        record
        for rdata in chain.answer or ()
        if rdata.rdtype == _TYPES[kind] and (record := read(rdata)) is not None
    )
    return Answer(records, ttl_s, None if records else Fault.NO_DATA)


def _host(name: Name) -> str | None:
    """A name in lower case without its last dot; empty for the root; None where SIP could not have it."""
    text = name.to_text(omit_final_dot=True).lower()
    if text in ("", ".", "@"):
        return ""
    return text if is_name(text) else None


def _naptr(rdata: Rdata) -> Record | None:
    """Its class comes without types."""
    if rdata.rdtype != RdataType.NAPTR or not isinstance(replacement := _slot(rdata, "replacement"), Name):
        return None
    target = _host(replacement)
    order, preference = _slot(rdata, "order"), _slot(rdata, "preference")
    flag, service = _slot(rdata, "flags"), _slot(rdata, "service")
    if not target or not isinstance(order, int) or not isinstance(preference, int):
        return None
    if not isinstance(flag, bytes) or not isinstance(service, bytes):
        return None
    return Naptr(order, preference, _text(flag), _text(service), target)


def _slot(rdata: Rdata, name: str) -> object:
    return getattr(rdata, name, None)


def _srv(rdata: Rdata) -> Record | None:
    if not isinstance(rdata, SRV) or (target := _host(rdata.target)) is None:
        return None
    return Srv(rdata.priority, rdata.weight, rdata.port, target)


def _address(rdata: Rdata) -> Record | None:
    if not isinstance(rdata, A | AAAA):
        return None
    try:
        return Address(canonical_address(rdata.address))
    except WireError:
        return None


def _text(octets: bytes) -> str:
    return octets.decode("ascii", "replace")


_READ: Final[Mapping[Kind, Callable[[Rdata], Record | None]]] = {
    Kind.NAPTR: _naptr,
    Kind.SRV: _srv,
    Kind.A: _address,
    Kind.AAAA: _address,
}
_TYPES: Final[Mapping[Kind, RdataType]] = {kind: RdataType[kind.value] for kind in Kind}
