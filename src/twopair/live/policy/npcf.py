"""Npcf_PolicyAuthorization as JSON objects (29.514 §5.6; 29.571 for BitRate)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from twopair.base import WireError
from twopair.core.policy import FlowStatus, FlowUsage, MediaComponent, MediaFlow
from twopair.nodes.policy import AskPolicy

Json = dict[str, Any]

BASE: Final = "/npcf-policyauthorization/v1/app-sessions"
"""Path of the collection (29.514 §5.3.2)."""

LOST: Final = "FAILED_RESOURCES_ALLOCATION"
"""Event of streams that have no bearer, or have it no more (29.514 §5.6.3.7)."""

SOS: Final = "urn:service:sos"

_MOST_NUMBERS: Final = 64

_USAGES: Final = {
    FlowUsage.NO_INFORMATION: "NO_INFO",
    FlowUsage.RTCP: "RTCP",
    FlowUsage.AF_SIGNALLING: "AF_SIGNALLING",
}


def context(asked: AskPolicy, notify: str) -> Json:
    """AppSessionContext of a new session (29.514 §5.6.2.2, §5.6.2.3).

    Args:
        asked: what for.
        notify: where notifications about this session are to go.
    """
    family = "ueIpv6" if ":" in asked.address else "ueIpv4"
    said: Json = {
        family: asked.address,
        "notifUri": notify,
        "suppFeat": "0",
        "evSubsc": {"events": [{"event": LOST}], "notifUri": notify},
        **changes(asked),
    }
    if asked.emergency:
        said["servUrn"] = SOS
    return {"ascReqData": said}


def changes(asked: AskPolicy) -> Json:
    """What is said of a session each time anew; a merge patch leaves the rest as it is (RFC 7396)."""
    return {
        "medComponents": {str(one.number): _component(one) for one in asked.components},
        "servInfStatus": "FINAL" if asked.final else "PRELIMINARY",
    }


def _component(component: MediaComponent) -> Json:
    said: Json = {"medCompN": component.number, "fStatus": _status(component.status)}
    if component.kind is not None:
        said["medType"] = component.kind.name
    rates = (
        ("marBwUl", component.uplink),
        ("marBwDl", component.downlink),
        ("rrBw", component.receivers),
        ("rsBw", component.senders),
    )
    said |= {name: f"{bits} bps" for name, bits in rates if bits is not None}
    if component.codecs:
        said["codecs"] = list(component.codecs)
    if component.flows:
        said["medSubComps"] = {str(flow.number): _flow(flow) for flow in component.flows}
    return said


def _flow(flow: MediaFlow) -> Json:
    return {
        "fNum": flow.number,
        "fDescs": [flow.downlink, flow.uplink],
        "flowUsage": _USAGES[flow.usage],
    }


def _status(status: FlowStatus) -> str:
    return status.name.replace("_", "-")


def lost_components(said: object) -> frozenset[int] | None:
    """Streams that an EventsNotification says have no bearer; empty for all, None for other events.

    Raises:
        WireError: it is no EventsNotification (29.514 §5.6.2.8).
    """
    if not isinstance(said, Mapping) or not isinstance(said.get("evNotifs"), list):
        raise WireError("no EventsNotification", 0, "29.514 §5.6.2.8")
    lost: list[Mapping[str, object]] = [
        one for one in said["evNotifs"] if isinstance(one, Mapping) and one.get("event") == LOST
    ]
    if not lost:
        return None
    numbers: set[int] = set()
    for one in lost:
        flows = one.get("flows")
        if not flows:
            return frozenset()
        numbers.update(_numbers(flows))
    return frozenset(numbers)


def _numbers(flows: object) -> Iterable[int]:
    if not isinstance(flows, list) or len(flows) > _MOST_NUMBERS:
        raise WireError("no list of flows", 0, "29.514 §5.6.2.8")
    for flow in flows:
        number = flow.get("medCompN") if isinstance(flow, Mapping) else None
        if not isinstance(number, int):
            raise WireError("a flow without its component", 0, "29.514 §5.6.2.8")
        yield number


def cause(said: object) -> str:
    """Cause of a ProblemDetails or a TerminationInfo, or nothing (29.571 §5.2.4.1; 29.514 §5.6.2.20)."""
    if not isinstance(said, Mapping):
        return ""
    word = said.get("cause") or said.get("termCause") or said.get("title") or ""
    return str(word)[:200]
