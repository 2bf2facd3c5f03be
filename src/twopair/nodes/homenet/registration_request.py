"""A REGISTER as the S-CSCF reads it: every field it decides on, parsed once (24.229 §5.4.1.2)."""

from dataclasses import dataclass
from typing import Self

from twopair.base import Endpoint, Impi, Impu, WireError
from twopair.core.aka import decode_auts
from twopair.core.registration.binding import ALL
from twopair.core.registration.flows import RegFlow
from twopair.nodes.homenet.config import LONGEST_S
from twopair.nodes.homenet.identities import public_identity
from twopair.nodes.homenet.routes import endpoint_of, hop_of
from twopair.wire.sip import Credentials, CSeq, NameAddr, Request, SipUri


@dataclass(frozen=True, slots=True)
class Authorization:
    """The digest parameters of a REGISTER; texts are as sent, absent ones empty.

    Args:
        auts: 14 octets, or empty.
        protected: the P-CSCF's word that the REGISTER came over the right SA set (INT-05); every
            other value of integrity-protected, or none, is no such word.
    """

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    qop: str
    nc: str
    cnonce: str
    auts: bytes
    protected: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the value of Authorization. Raises WireError."""
        fields = Credentials.parse(text)
        if fields.scheme.lower() != "digest":
            raise WireError("an authentication scheme other than Digest", 0, "24.229 §5.4.1.2")
        if not fields.get("username"):
            raise WireError("Authorization without username", 0, "24.229 §5.1.1.2, AKA-07")
        auts = fields.get("auts")
        return cls(
            username=fields.get("username") or "",
            realm=fields.get("realm") or "",
            nonce=fields.get("nonce") or "",
            uri=fields.get("uri") or "",
            response=fields.get("response") or "",
            qop=fields.get("qop") or "",
            nc=fields.get("nc") or "",
            cnonce=fields.get("cnonce") or "",
            auts=decode_auts(auts) if auts else b"",
            protected=fields.get("integrity-protected") == "yes",
        )


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """One REGISTER.

    Args:
        impi: username of Authorization; without Authorization, the IMPU without its scheme.
        impu: the identity in To.
        contact: the one Contact, or None where the request only asks for the present state.
        expires_s: seconds asked for; 0 ends the registration.
        path: Path values, nearest to the UE last.
        hop: the address that the first of them, or Contact, names; None where it is a host name.
        required: tags in Require, as written.
        flow: the registration it asks for; the only one where it has no Contact, or ``*``.
        charging: P-Charging-Vector, or empty.
    """

    impi: Impi
    impu: Impu
    call_id: str
    cseq: CSeq
    contact: NameAddr | None
    expires_s: int
    path: tuple[str, ...]
    hop: Endpoint | None
    authorization: Authorization | None
    required: tuple[str, ...]
    flow: RegFlow
    charging: str

    @classmethod
    def parse(cls, request: Request) -> Self:
        """Read it. Raises WireError where a field is missing that the S-CSCF needs, or is garbled."""
        impu = public_identity(NameAddr.parse(_needed(request, "To")).uri)
        _needed(request, "From")
        field = request.get("Authorization")
        authorization = None if field is None else Authorization.parse(field)
        impi = authorization.username if authorization else impu.partition(":")[2]
        contact, expires_s = _binding(request)
        path, required = tuple(request.values("Path")), tuple(request.values("Require"))
        return cls(
            impi=Impi(impi),
            impu=impu,
            call_id=request.call_id,
            cseq=request.cseq,
            contact=contact,
            expires_s=expires_s,
            path=path,
            hop=_hop(path, contact),
            authorization=authorization,
            required=required,
            flow=RegFlow.asked(request.get("Contact") or "", [*request.values("Supported"), *required]),
            charging=request.get("P-Charging-Vector") or "",
        )

    @property
    def ends(self) -> bool:
        """Whether this is a de-registration."""
        return self.contact is not None and self.expires_s == 0

    @property
    def first_hop_keeps_flows(self) -> bool:
        """Whether the UE's edge proxy has said so with ``ob``, or there is none (RFC 5626 §6)."""
        return not self.path or "ob" in NameAddr.parse(self.path[-1]).sip_uri.params

    @property
    def everything(self) -> bool:
        """Whether it names all contacts (RFC 3261 §10.2.2)."""
        return self.contact is not None and self.contact.uri == ALL

    @property
    def protected(self) -> bool:
        """Whether the P-CSCF vouches for it."""
        return self.authorization is not None and self.authorization.protected


def _needed(request: Request, name: str) -> str:
    value = request.get(name)
    if not value:
        raise WireError(f"REGISTER without {name}", 0, "RFC 3261 §10.2")
    return value


def _binding(request: Request) -> tuple[NameAddr | None, int]:
    """Contact, and the seconds asked for: those of Contact before those of Expires (RFC 3261 §10.2.1.1)."""
    contacts = request.values("Contact")
    if len(contacts) > 1:
        raise WireError("more than one Contact", 0, "24.229 §5.1.1.2")
    header = request.get("Expires")
    if not contacts:
        return None, _seconds(header, LONGEST_S)
    contact = NameAddr.parse(contacts[0])
    expires_s = _seconds(contact.params.get("expires"), _seconds(header, LONGEST_S))
    if contact.uri != ALL:
        SipUri.parse(contact.uri)  # requests to the user must be able to carry it
    elif expires_s != 0:
        raise WireError("Contact * without Expires 0", 0, "RFC 3261 §10.3")
    return contact, expires_s


def _hop(path: tuple[str, ...], contact: NameAddr | None) -> Endpoint | None:
    if path:
        return hop_of(path[0])
    return endpoint_of(contact.sip_uri) if contact is not None and contact.uri != ALL else None


def _seconds(text: str | None, default: int) -> int:
    """A delta-seconds value; one that cannot be read counts as absent (RFC 3261 §10.2.1.1)."""
    text = (text or "").strip()
    return min(int(text), 2**32 - 1) if text.isascii() and text.isdigit() and len(text) < 20 else default
