"""Answers after which the UE registers from the beginning, whatever it has asked (24.229 §5.1.2A).

REGISTER is not among what is judged here: its answers are steps of `core.registration.ue.TABLE`.
"""

from collections.abc import Callable
from typing import Final

from twopair.base import WireError
from twopair.nodes.ue.registration import Registration
from twopair.wire.ims_xml import CONTENT_TYPE, AlternativeService
from twopair.wire.sip import Response, addresses, same_uri

RESTORATION: Final = ("restoration", "initial-registration")
"""Type and action of an alternative service by which a network asks for that (24.229 §7.6)."""


def asks_to_begin_anew(method: str, response: Response, registration: Registration | None) -> bool:
    """Whether an answer says that the registration, or the set it came over, is of no use.

    Args:
        method: of the request.
        response: final, over a set.
        registration: what stands.
    """
    judge = _JUDGES.get(response.status)
    return method != "REGISTER" and judge is not None and judge(response, registration)


def _disagreed(_response: Response, _registration: Registration | None) -> bool:
    """The P-CSCF knows another agreement (UEP-16)."""
    return True


def _restores(response: Response, registration: Registration | None) -> bool:
    """One who serves this registration has lost it, and says so itself (24.229 §5.1.2A.1.6; UEP-15)."""
    kind = (response.get("Content-Type") or "").partition(";")[0].strip().lower()
    if registration is None or kind != CONTENT_TYPE:
        return False
    try:
        service = AlternativeService.parse(response.body)
        said = [address.uri for address in addresses(response.get_all("P-Asserted-Identity"))]
        known = [address.uri for address in addresses([*registration.service_route, *registration.path])]
    except WireError:
        return False
    theirs = any(same_uri(one, other) for one in said for other in known)
    return theirs and service is not None and (service.type, service.action) == RESTORATION


_JUDGES: Final[dict[int, Callable[[Response, Registration | None], bool]]] = {
    494: _disagreed,
    504: _restores,
}
