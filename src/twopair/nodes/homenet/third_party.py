"""Third-party registration: application servers hear who is registered (24.229 §5.4.1.7; 29.228 Annex B)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from twopair.base import Entropy, Impi, Impu, Micros, seconds, token
from twopair.core.service import (
    ApplicationServer,
    DefaultHandling,
    Occasion,
    Registration,
    ServiceProfile,
)
from twopair.core.sip import TransactionLayer
from twopair.nodes.actions import Action
from twopair.nodes.homenet.changes import Change
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.proxy import Proxy
from twopair.nodes.homenet.registrar import Registrar
from twopair.nodes.homenet.routes import server_endpoint
from twopair.nodes.homenet.routing import MAX_FORWARDS
from twopair.nodes.orders import Dismiss
from twopair.wire.elements import Element
from twopair.wire.ims_xml import CONTENT_TYPE
from twopair.wire.reginfo import ContactEvent
from twopair.wire.sip import Message, Request, Response, make_request

_COPIED: Final = ("P-Access-Network-Info", "P-Visited-Network-ID", "P-Charging-Vector")
"""What of the REGISTER of the UE is for the server too."""

_SIP: Final = "message/sip"


class ThirdPartyRegister(NamedTuple):
    """Owner of the client transaction of a REGISTER to a server.

    Args:
        impi: of whom it tells.
        server: whom it tells.
        initial: whether the user was not registered before.
    """

    impi: Impi
    server: ApplicationServer
    initial: bool


class ThirdParty:
    """Tells servers of registrations: once each time one is made, refreshed, or the last one ends.

    Args:
        config: own URIs.
        entropy: where tags and Call-IDs come from.
        layer: the node's transactions.
        proxy: knows the flows and makes the Via.
        registrar: what stands.
        dismiss: ends the registrations of a user whose server has failed (SESSION_TERMINATED).
    """

    def __init__(
        self,
        config: HomeConfig,
        entropy: Entropy,
        layer: TransactionLayer,
        proxy: Proxy,
        registrar: Registrar,
        dismiss: Callable[[Dismiss, Micros, list[Action]], None],
    ) -> None:
        self._config = config
        self._entropy = entropy
        self._layer = layer
        self._proxy = proxy
        self._registrar = registrar
        self._dismiss = dismiss

    def tell(
        self,
        changes: Sequence[Change],
        now: Micros,
        out: list[Action],
        asked: Request | None = None,
        answered: Response | None = None,
    ) -> None:
        """Tell of what has changed.

        Args:
            changes: all since the last time; those of emergency registrations are no server's business.
            now: the moment.
            out: gets the REGISTERs.
            asked: the REGISTER that led to them, if one did,
            answered: and the answer to it.
        """
        ordinary = [change for change in changes if not change.binding.flow.sos]
        for impi in dict.fromkeys(change.impi for change in ordinary):
            ours = [change for change in ordinary if change.impi == impi]
            kind = self._kind(impi, ours)
            if kind is not None:
                for part in ours[-1].binding.profile.services:
                    self._tell_of(impi, part, kind, now, out, asked, answered)

    def answered(self, owner: ThirdPartyRegister, status: int, now: Micros, out: list[Action]) -> None:
        """The final answer of a server, 408 also where none came.

        A user whose server is needed and fails is not registered any more (24.229 §5.4.1.7).
        """
        failed = status == 408 or status >= 500
        if failed and owner.initial and owner.server.handling is DefaultHandling.TERMINATED:
            self._dismiss(Dismiss(owner.impi, ContactEvent.REJECTED), now, out)

    def _kind(self, impi: Impi, changes: Sequence[Change]) -> Registration | None:
        """What has happened to the user, for a server; None where that is nothing."""
        there = [one for one in self._registrar.of(impi) if not one.flow.sos]
        if not there:
            return Registration.ENDS
        events = {change.event for change in changes}
        if not events & {ContactEvent.REGISTERED, ContactEvent.REFRESHED}:
            return None
        alone = len(there) == 1 and events == {ContactEvent.REGISTERED}
        return Registration.INITIAL if alone else Registration.AGAIN

    def _tell_of(
        self,
        impi: Impi,
        part: ServiceProfile,
        kind: Registration,
        now: Micros,
        out: list[Action],
        asked: Request | None,
        answered: Response | None,
    ) -> None:
        """One REGISTER to each server of a service profile whose criterion a REGISTER meets."""
        impu = next((one.impu for one in part.identities if not one.barred), None)
        if impu is None:
            return
        told: dict[str, None] = {}
        occasion = Occasion(asked or self._bare(impu), None, kind)
        for criterion in part.in_order:
            server = criterion.server
            hop = server_endpoint(server.uri)
            if server.uri in told or hop is None or not criterion.holds(occasion):
                continue
            told[server.uri] = None
            request = self._register(impi, impu, server, kind, now, asked, answered)
            owner = ThirdPartyRegister(impi, server, kind is Registration.INITIAL)
            self._layer.start(request, self._proxy.flow_to(hop), now, out, owner)

    def _bare(self, impu: Impu) -> Request:
        """A REGISTER to look at where none has come."""
        return make_request("REGISTER", f"sip:{self._config.domain}", [("To", f"<{impu}>")])

    def _register(
        self,
        impi: Impi,
        impu: Impu,
        server: ApplicationServer,
        kind: Registration,
        now: Micros,
        asked: Request | None,
        answered: Response | None,
    ) -> Request:
        until = max((one.expires_at for one in self._registrar.of(impi)), default=now)
        expires_s = 0 if kind is Registration.ENDS else max(0, until - now) // seconds(1)
        copied = [(name, value) for name in _COPIED if asked and (value := asked.get(name))]
        bodies = list(_bodies(server, asked, answered))
        content, body = _together(bodies, token(self._entropy, 8)) if bodies else ((), b"")
        return make_request(
            "REGISTER",
            server.uri,
            [
                ("Via", self._proxy.via()),
                ("Max-Forwards", str(MAX_FORWARDS)),
                ("From", f"<{self._config.scscf_name}>;tag={token(self._entropy, 4)}"),
                ("To", f"<{impu}>"),
                ("Call-ID", f"{token(self._entropy)}@{self._config.domain}"),
                ("CSeq", "1 REGISTER"),
                ("Contact", f"<sip:{self._config.core}>"),
                ("Expires", str(expires_s)),
                *copied,
                *content,
            ],
            body,
        )


def _bodies(
    server: ApplicationServer, asked: Request | None, answered: Response | None
) -> Iterator[tuple[str, bytes]]:
    """Type and octets of each part of the body (24.229 §5.4.1.7, §7.6)."""
    if server.service_info:
        told = Element("", "service-info", text=server.service_info)
        yield CONTENT_TYPE, Element("", "ims-3gpp", {"version": "1"}, [told]).to_bytes()
    messages: tuple[tuple[bool, Message | None], ...] = (
        (server.with_request, asked),
        (server.with_response, answered),
    )
    for wanted, message in messages:
        if wanted and message is not None:
            yield _SIP, message.to_bytes()


def _together(
    bodies: Sequence[tuple[str, bytes]], boundary: str
) -> tuple[tuple[tuple[str, str], ...], bytes]:  # fmt: skip
    """Header and body: of one part as it is, of several as multipart/mixed (RFC 2046 §5.1; RFC 5621 §3)."""
    if len(bodies) == 1:
        return (("Content-Type", bodies[0][0]),), bodies[0][1]
    parts = [
        f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode() + body + b"\r\n" for kind, body in bodies
    ]
    whole = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return (("Content-Type", f"multipart/mixed;boundary={boundary}"),), whole
