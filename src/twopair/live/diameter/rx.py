"""Rx as Diameter carries it: values to AVPs and back (29.214 §5.3, §5.6)."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from diameter.message import constants as known

from twopair.core.policy import FlowUsage, MediaComponent, MediaFlow
from twopair.live.diameter import base
from twopair.live.diameter.local import RX, TGPP
from twopair.live.diameter.message import Message, Name, avp, every, first, group, number, number_of
from twopair.nodes.policy import AskPolicy, Verdict

AA: Final[int] = known.CMD_AA
RE_AUTH: Final[int] = known.CMD_RE_AUTH
SESSION_TERMINATION: Final[int] = known.CMD_SESSION_TERMINATION
ABORT_SESSION: Final[int] = known.CMD_ABORT_SESSION

ABORT_CAUSE: Final[Name] = (known.AVP_TGPP_ABORT_CAUSE, TGPP)
CODEC_DATA: Final[Name] = (known.AVP_TGPP_CODEC_DATA, TGPP)
FLOWS: Final[Name] = (known.AVP_TGPP_FLOWS, TGPP)
FLOW_DESCRIPTION: Final[Name] = (known.AVP_TGPP_FLOW_DESCRIPTION, TGPP)
FLOW_NUMBER: Final[Name] = (known.AVP_TGPP_FLOW_NUMBER, TGPP)
FLOW_STATUS: Final[Name] = (known.AVP_TGPP_FLOW_STATUS, TGPP)
FLOW_USAGE: Final[Name] = (known.AVP_TGPP_FLOW_USAGE, TGPP)
FRAMED_IP_ADDRESS: Final[Name] = (known.AVP_FRAMED_IP_ADDRESS, 0)
FRAMED_IPV6_PREFIX: Final[Name] = (known.AVP_FRAMED_IPV6_PREFIX, 0)
MAX_BANDWIDTH_DL: Final[Name] = (known.AVP_TGPP_MAX_REQUESTED_BANDWIDTH_DL, TGPP)
MAX_BANDWIDTH_UL: Final[Name] = (known.AVP_TGPP_MAX_REQUESTED_BANDWIDTH_UL, TGPP)
MEDIA_COMPONENT: Final[Name] = (known.AVP_TGPP_MEDIA_COMPONENT_DESCRIPTION, TGPP)
MEDIA_COMPONENT_NUMBER: Final[Name] = (known.AVP_TGPP_MEDIA_COMPONENT_NUMBER, TGPP)
MEDIA_SUB_COMPONENT: Final[Name] = (known.AVP_TGPP_MEDIA_SUB_COMPONENT, TGPP)
MEDIA_TYPE: Final[Name] = (known.AVP_TGPP_MEDIA_TYPE, TGPP)
RR_BANDWIDTH: Final[Name] = (known.AVP_TGPP_RR_BANDWIDTH, TGPP)
RS_BANDWIDTH: Final[Name] = (known.AVP_TGPP_RS_BANDWIDTH, TGPP)
RX_REQUEST_TYPE: Final[Name] = (known.AVP_TGPP_RX_REQUEST_TYPE, TGPP)
SERVICE_INFO_STATUS: Final[Name] = (known.AVP_TGPP_SERVICE_INFO_STATUS, TGPP)
SERVICE_URN: Final[Name] = (known.AVP_TGPP_SERVICE_URN, TGPP)
SPECIFIC_ACTION: Final[Name] = (known.AVP_TGPP_SPECIFIC_ACTION, TGPP)
SUBSCRIPTION_ID: Final[Name] = (known.AVP_SUBSCRIPTION_ID, 0)
SUBSCRIPTION_ID_DATA: Final[Name] = (known.AVP_SUBSCRIPTION_ID_DATA, 0)
SUBSCRIPTION_ID_TYPE: Final[Name] = (known.AVP_SUBSCRIPTION_ID_TYPE, 0)
TERMINATION_CAUSE: Final[Name] = (known.AVP_TERMINATION_CAUSE, 0)

LOSS_OF_BEARER: Final = 2
RELEASE_OF_BEARER: Final = 4
FAILED_RESOURCES: Final = 9
LOST: Final = frozenset({LOSS_OF_BEARER, RELEASE_OF_BEARER, FAILED_RESOURCES})
"""Values of Specific-Action after which a stream has no bearer (29.214 §5.3.13)."""

UNKNOWN_SESSION: Final = 5002
"""RFC 6733 §7.1.5."""

_INITIAL, _UPDATE = 0, 1
_FINAL, _PRELIMINARY = 0, 1
_SIP_URI: Final = 2
_LOGOUT: Final = 1
_PREFIX_64: Final = bytes((0, 64))
_SOS: Final = b"sos"

_VERDICTS: Final = {
    2001: Verdict.GRANTED,
    2002: Verdict.GRANTED,
    5061: Verdict.NOT_ACCEPTABLE,
    5062: Verdict.NOT_ACCEPTABLE,
    5063: Verdict.NOT_AUTHORISED,
    5065: Verdict.UNKNOWN_BEARER,
    5066: Verdict.NOT_AUTHORISED,
    5067: Verdict.NOT_AUTHORISED,
    3002: Verdict.UNREACHABLE,
    3004: Verdict.UNREACHABLE,
}
"""Result codes, and experimental ones of 29.214 §5.5."""


def to_aar(asked: AskPolicy, *, first_of_session: bool) -> list[Any]:
    """AVPs of an AA-Request behind the common ones (29.214 §5.6.1)."""
    avps = [
        avp(base.AUTH_APPLICATION_ID, RX.id),
        *(_component(component) for component in asked.components),
        avp(SERVICE_INFO_STATUS, _FINAL if asked.final else _PRELIMINARY),
        avp(RX_REQUEST_TYPE, _INITIAL if first_of_session else _UPDATE, mandatory=False),
    ]
    if first_of_session:
        avps += [avp(SPECIFIC_ACTION, action) for action in sorted(LOST)]
        avps.append(_framed(asked.address))
        if asked.impu:
            who = [avp(SUBSCRIPTION_ID_TYPE, _SIP_URI), avp(SUBSCRIPTION_ID_DATA, asked.impu)]
            avps.append(avp(SUBSCRIPTION_ID, who))
        if asked.emergency:
            avps.append(avp(SERVICE_URN, _SOS))
    return avps


def to_str() -> list[Any]:
    """AVPs of a Session-Termination-Request (29.214 §5.6.5)."""
    return [avp(base.AUTH_APPLICATION_ID, RX.id), avp(TERMINATION_CAUSE, _LOGOUT)]


def _framed(address: str) -> Any:
    """The UE's address: of IPv6 the prefix of 64 bits that its bearer has (29.214 §5.3; RFC 3162 §2.3)."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        return avp(FRAMED_IPV6_PREFIX, _PREFIX_64 + ip.packed[:8])
    return avp(FRAMED_IP_ADDRESS, ip.packed)


def _component(component: MediaComponent) -> Any:
    inner = [
        avp(MEDIA_COMPONENT_NUMBER, component.number),
        *(_flow(flow) for flow in component.flows),
        *([] if component.kind is None else [avp(MEDIA_TYPE, _signed(component.kind))]),
        *_optional(
            (MAX_BANDWIDTH_UL, component.uplink),
            (MAX_BANDWIDTH_DL, component.downlink),
        ),
        avp(FLOW_STATUS, component.status),
        *_optional((RS_BANDWIDTH, component.senders), (RR_BANDWIDTH, component.receivers)),
        *(avp(CODEC_DATA, text.encode("utf-8", "replace").decode()) for text in component.codecs),
    ]
    return avp(MEDIA_COMPONENT, inner)


def _flow(flow: MediaFlow) -> Any:
    usage = [] if flow.usage is FlowUsage.NO_INFORMATION else [avp(FLOW_USAGE, flow.usage)]
    rules = [avp(FLOW_DESCRIPTION, rule.encode()) for rule in (flow.downlink, flow.uplink)]
    return avp(MEDIA_SUB_COMPONENT, [avp(FLOW_NUMBER, flow.number), *rules, *usage])


def _optional(*pairs: tuple[Name, int | None]) -> Iterable[Any]:
    return [avp(name, min(value, 0xFFFFFFFF)) for name, value in pairs if value is not None]


def _signed(value: int) -> int:
    """An Enumerated is a signed number of 32 bits (RFC 6733 §4.3.1)."""
    return value - (1 << 32) if value >> 31 else value


def verdict_of(answer: Message) -> tuple[Verdict, str]:
    """What an AA-Answer says, and its code for the log. Raises WireError where it has none."""
    code, experimental = base.result_of(answer)
    words = f"Experimental-Result {code}" if experimental else f"Result-Code {code}"
    verdict = _VERDICTS.get(code, Verdict.FAILED)
    return verdict, "" if verdict is Verdict.GRANTED else words


def lost_of(request: Message) -> frozenset[int] | None:
    """Streams that a Re-Auth-Request says have no bearer; empty for all, None where it says something else.

    Raises:
        WireError: it cannot be read (29.214 §5.6.3).
    """
    actions = {number(one) for one in every(request.avps, SPECIFIC_ACTION)}
    if not actions & LOST:
        return None
    flows = every(request.avps, FLOWS)
    return frozenset(number_of(group(one), MEDIA_COMPONENT_NUMBER) for one in flows)


def abort_cause(request: Message) -> str:
    """Why an Abort-Session-Request comes, for the log (29.214 §5.3.1). Raises WireError."""
    found = first(request.avps, ABORT_CAUSE)
    return "Abort-Cause " + (
        _ABORTS.get(number(found), str(number(found))) if found is not None else "absent"
    )


_ABORTS: Final = {
    0: "BEARER_RELEASED",
    1: "INSUFFICIENT_SERVER_RESOURCES",
    2: "INSUFFICIENT_BEARER_RESOURCES",
    3: "PS_TO_CS_HANDOVER",
    4: "SPONSORED_DATA_CONNECTIVITY_DISALLOWED",
}


def result(code: int) -> Sequence[Any]:
    """AVPs of a short answer."""
    return [avp(base.RESULT_CODE, code)]
