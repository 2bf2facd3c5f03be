"""What a successful registration leaves with the UE (24.229 §5.1.1.2.1; UEP-06)."""

import re
from dataclasses import dataclass
from typing import Final

from twopair.base import Impu, Micros
from twopair.core.registration.ue_timing import refresh_at
from twopair.wire.sip import Response, addresses

_DELTA: Final = re.compile(r"\s*([0-9]{1,10})")


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration that stands.

    Args:
        call_id: of its REGISTER requests (RFC 3261 §10.2).
        cseq: number of the latest of them.
        service_route: route of own requests behind the P-CSCF.
        path: how requests come to this UE (RFC 3327), where the 200 OK tells.
        associated: identities that may be used, the default one first (UEP-02, UEP-06).
        expires_s: the interval granted.
        expires_at: end of the registration.
        refresh_at: when to re-register (UEP-12).
        made_by: number of the REGISTER that was accepted last.
    """

    call_id: str
    cseq: int
    service_route: tuple[str, ...]
    path: tuple[str, ...]
    associated: tuple[Impu, ...]
    expires_s: int
    expires_at: Micros
    refresh_at: Micros
    made_by: int = 0


def delta_seconds(text: str | None, otherwise: int) -> int:
    """A number of seconds at the start of a header value (Expires, Min-Expires, Retry-After)."""
    found = _DELTA.match(text or "")
    return int(found[1]) if found else otherwise


def registration_from(
    response: Response,
    *,
    registered: Impu,
    call_id: str,
    cseq: int,
    expires_s: int,
    now: Micros,
) -> Registration:
    """The registration that a 200 OK grants."""
    associated = tuple(Impu(address.uri) for address in addresses(response.get_all("P-Associated-URI")))
    return Registration(
        call_id=call_id,
        cseq=cseq,
        service_route=tuple(response.values("Service-Route")),
        path=tuple(response.values("Path")),
        associated=associated or (registered,),
        expires_s=expires_s,
        expires_at=Micros(now + expires_s * 1_000_000),
        refresh_at=refresh_at(expires_s, now),
        made_by=cseq,
    )
