"""What a 200 to REGISTER says (24.229 §5.4.1.2.2F; RFC 3261 §10.3, RFC 3327 §5.3, RFC 5626 §6)."""

from collections.abc import Sequence

from twopair.base import Impu, Micros, seconds
from twopair.core.registration.flows import OUTBOUND, Kind, RegFlow
from twopair.nodes.cx import Profile
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.identities import identity_key
from twopair.nodes.homenet.registrar import Binding
from twopair.nodes.homenet.registration_request import RegisterRequest
from twopair.nodes.homenet.verdict import Headers


def state(
    config: HomeConfig,
    request: RegisterRequest,
    asked: RegFlow,
    own: RegFlow,
    bindings: Sequence[Binding],
    now: Micros,
) -> Headers:
    """All that is registered now, the own registration first: a reader may look no further.

    Args:
        config: routes.
        request: what is answered.
        asked: the name of the registration it asked for, as it is confirmed.
        own: that of the registration it was about.
        bindings: those of the user, in the order in which they were made or refreshed.
        now: the moment.
    """
    confirmed = (("Require", OUTBOUND),) if asked.kind is Kind.FLOW else ()
    if not bindings:
        return confirmed
    newest_first = bindings[::-1]
    own_first = sorted(newest_first, key=lambda one: (one.flow != own, one.flow.sos))
    identities = ", ".join(f"<{impu}>" for impu in associated(bindings[-1].profile))
    return (
        *(("Contact", f"{one.contact};expires={_left_s(one, now)}") for one in own_first),
        *(("Path", element) for element in request.path),
        *confirmed,
        ("Service-Route", config.service_route),
        ("P-Associated-URI", identities),
    )


def charging(config: HomeConfig, request: RegisterRequest) -> Headers:
    """P-Charging-Vector of the request with our side of the accounting (24.229 §5.4.1.2.2F)."""
    if not request.charging:
        return ()
    return (("P-Charging-Vector", f'{request.charging};term-ioi="{config.domain}"'),)


def associated(profile: Profile) -> tuple[Impu, ...]:
    """The identities a user may use, the default one first."""
    return tuple(impu for impu in profile.impus if identity_key(impu) not in profile.barred)


def _left_s(binding: Binding, now: Micros) -> int:
    return max(0, (binding.expires_at - now) // seconds(1))
