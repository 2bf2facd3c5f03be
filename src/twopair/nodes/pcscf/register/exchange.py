"""One REGISTER on its way through the P-CSCF, and what was read from it."""

from collections.abc import Callable, Sequence
from typing import Final

from twopair.base import Flow, Impi, Impu, Refusal, Report, WireError
from twopair.core.registration.binding import Asked
from twopair.core.registration.brought import brought
from twopair.core.registration.flows import ALONE, RegFlow
from twopair.core.registration.pcscf import Attempt
from twopair.core.registration.pcscf_checks import Hop
from twopair.core.registration.pcscf_integrity import Bearer
from twopair.core.sip import ClientTransaction, ServerTransaction
from twopair.nodes.facts import RegisterReceived, RegistrationFailed
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.mw.trail import Trail
from twopair.nodes.pcscf.register.binding import is_address, other_address
from twopair.nodes.pcscf.relay.extensions import names_agreement
from twopair.nodes.pcscf.relay.headers import hops_left, passed_hops
from twopair.wire.sip import Credentials, Request, split_list, uri_in


class Reading:
    """What the P-CSCF needs of a REGISTER.

    Args:
        credentials: the Authorization.
        impi: its username, as sent (Q-14).
        impu: the identity in To, without parameters.
        asked: contact and interval.
        flow: the registration it asks for, None where it has no Contact, or ``*``.
        response: the digest, empty where there is none.
        nonce: the nonce, empty where there is none.
        auts: AUTS, None where there is none.
        hops: Max-Forwards.
        hop: evidence for the checks.
        via: the address in the topmost Via, where it is not the one it came from.
    """

    __slots__ = (
        "asked",
        "auts",
        "credentials",
        "flow",
        "hop",
        "hops",
        "impi",
        "impu",
        "nonce",
        "response",
        "via",
    )

    def __init__(
        self,
        credentials: Credentials,
        impi: Impi,
        impu: Impu,
        asked: Asked,
        flow: RegFlow | None,
        response: str,
        nonce: str,
        auts: str | None,
        hops: int,
        hop: Hop,
        via: str = "",
    ) -> None:
        self.credentials: Final = credentials
        self.impi: Final = impi
        self.impu: Final = impu
        self.asked: Final = asked
        self.flow: Final = flow
        self.response: Final = response
        self.nonce: Final = nonce
        self.auts: Final = auts
        self.hops: Final = hops
        self.hop: Final = hop
        self.via: Final = via

    def answers(self, nonce: str | None) -> bool:
        """Whether it carries a response to the challenge with this nonce; AUTS is none (AKA-21)."""
        return self.nonce == nonce and bool(self.response) and self.auts is None

    def came(self, way: Flow, live: LiveSet | None, *, challenged: bool) -> Report:
        """The report that it came; `challenged` says whether its nonce is that of an open challenge."""
        stage = live.life.stage if live is not None else None
        says = brought(response=self.response, auts=self.auts, challenged=challenged)
        return Report(RegisterReceived(self.impi, self.impu, way, self.via, stage, says, self.flow or ALONE))

    def failed(self, reason: str, status: int, refusal: Refusal | None = None) -> Report:
        """The report that what it asks for has not come about."""
        return Report(RegistrationFailed(self.impi, reason, status, refusal, flow=self.flow or ALONE))


Naming = Callable[[str, Sequence[str]], RegFlow]
"""From Contact and the option tags of Supported and Require to the name of a registration."""


def read_register(request: Request, flow: Flow, live: LiveSet | None, naming: Naming) -> Reading:
    """Read a REGISTER; `live` is the set it came over, `naming` tells which registration it asks for.

    Raises:
        WireError: Authorization with a username, To, Contact, Max-Forwards or Via is missing or garbled.
    """
    credentials = Credentials.parse(request.get("Authorization") or "")
    said = credentials.values
    impi = Impi(said.get("username", ""))
    if not impi:
        raise WireError("Authorization without username", 0, "24.229 §5.1.1.2.2, AKA-07")
    contacts = request.get_all("Contact")
    named = [element for line in contacts for element in split_list(line)]
    impu = uri_in(request.get("To"))
    if ":" not in impu:
        raise WireError("To without a URI", 0, "RFC 3261 §20.39")
    host, source = request.top_via.host, flow.remote.address
    asks = names_agreement(request, "Require")
    return Reading(
        credentials,
        impi,
        Impu(impu),
        Asked.read(contacts, request.get("Expires")),
        naming(named[0], request.values("Supported")) if named and named[0] != "*" else None,
        response=said.get("response", ""),
        nonce=said.get("nonce", ""),
        auts=said.get("auts"),
        hops=hops_left(request),
        hop=Hop(
            vias=1 + len(passed_hops(request)),
            asks_agreement=asks,
            knows_agreement=asks or names_agreement(request, "Proxy-Require", "Supported"),
            source_is_via=live is None or is_address(host, source),
            impi=impi,
            owner=impi if live is None else live.owner.impi,
        ),
        via=other_address(host, source),
    )


class Exchange:
    """One REGISTER between its arrival and the end of its server transaction.

    Args:
        txn: its server transaction.
        live: the SA set it came over, None in the clear.
        bearer: the same, in the words of the integrity table.
        reading: what was read from it.
        integrity: what the S-CSCF was told (INT-01).
        attempt: the authentication it belongs to.
        token: names the subscriber in Path.
        denies: the temporary set whose challenge it says is no use, in the clear (ERR-03).

    Attributes:
        doomed: sets that go when the server transaction has ended (MGP-06, MGP-10).
        ways: client transactions from which the answer may come; 0 once it has.
        trail: the servers it may go to; None: there is one, or they are not known yet.
        sent: the request as it went to the latest of them, where there is a trail.
        client: the client transaction with that one.
    """

    __slots__ = (
        "attempt",
        "bearer",
        "client",
        "denies",
        "doomed",
        "integrity",
        "live",
        "reading",
        "sent",
        "token",
        "trail",
        "txn",
        "ways",
    )

    def __init__(
        self,
        txn: ServerTransaction,
        live: LiveSet | None,
        bearer: Bearer,
        reading: Reading,
        integrity: str,
        attempt: Attempt,
        token: str,
        denies: LiveSet | None = None,
    ) -> None:
        self.txn = txn
        self.live = live
        self.bearer = bearer
        self.reading = reading
        self.integrity = integrity
        self.attempt = attempt
        self.token = token
        self.denies = denies
        self.doomed: tuple[LiveSet, ...] = ()
        self.ways = 0
        self.trail: Trail | None = None
        self.sent: Request | None = None
        self.client: ClientTransaction | None = None
