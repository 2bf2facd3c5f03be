"""What people and scripts are told of a UE: one line of words, or the same as values."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from twopair.core.registration.flows import RegFlow
from twopair.core.sa import SaSet
from twopair.live.ue.happening import Happening
from twopair.live.ue.ue import Ue
from twopair.nodes.facts import (
    BY_NETWORK,
    Awaiting,
    CallChanged,
    CallStage,
    Deregistered,
    MessageReceived,
    Notified,
    Refused,
    Registered,
    RegistrationFailed,
    Unreached,
)
from twopair.wire.sip import REASON

_SA: Final = (
    "set {set} ({stage}{of}) {name} 0x{spi:08x} {src_port}>{dst_port} {packets} packets {octets} octets"
)


class Told(NamedTuple):
    """One thing to tell: for JSON, and in words."""

    values: dict[str, Any]
    words: str


def told(happening: Happening) -> Told:
    """An event, as a line."""
    return _TELL[type(happening)](happening)


def status_words(status: int, detail: str = "") -> str:
    """``486 Busy Here``, ``420 Bad Extension: does not have sec-agree``."""
    return f"{status} {REASON.get(status, '')}".rstrip() + (f": {detail}" if detail else "")


def registration(ue: Ue, registered: Registered) -> Told:
    """A registration that stands, with the ports and SPIs of the set in use (RRG-01, RRG-02)."""
    values = {
        "impi": registered.impi,
        "impu": registered.impu,
        "expires_s": registered.expires_s,
        "associated": list(registered.associated),
    }
    words = f"registered {registered.impu} for {registered.expires_s} s"
    values |= _flow(registered.flow)
    words += _of(registered.flow)
    in_use = ue.set_in_use(registered.flow)
    if in_use is None:  # it ended meanwhile
        return Told(values, words)
    spis, ports = _named(in_use.spis, "0x{:08x}"), _named(in_use.ports, "{}")
    words += f"; set {in_use.set_id}, {in_use.suite}; ports {ports}; SPIs {spis}"
    return Told(values | _numbers(in_use), words)


def associations(ue: Ue) -> Told:
    """Every SA that is installed, with its counters."""
    counters = {(sa.set_id, sa.name): sa for sa in ue.sas()}
    values: list[dict[str, Any]] = []
    for sa_set, stage in ue.sets():
        for arrow in sa_set.arrows:
            found, selector = counters.get((sa_set.set_id, arrow.name)), sa_set.association(arrow).selector
            if found is not None:
                values.append(
                    {
                        "set": sa_set.set_id,
                        "stage": stage.value,
                        "flow": str(ue.flow_of(sa_set.set_id)),
                        "name": found.name,
                        "spi": found.spi,
                        "src_port": selector.src_port,
                        "dst_port": selector.dst_port,
                        "packets": found.packets,
                        "octets": found.octets,
                    }
                )
    words = ", ".join(_SA.format(of=f", {sa['flow']}" if sa["flow"] else "", **sa) for sa in values)
    return Told({"sas": values}, words or "no SAs")


def _flow(flow: RegFlow) -> dict[str, Any]:
    """Which of several registrations; nothing for the only one."""
    return {"flow": str(flow)} if str(flow) else {}


def _of(flow: RegFlow) -> str:
    return f" ({flow})" if str(flow) else ""


def _numbers(sa_set: SaSet) -> dict[str, Any]:
    found: dict[str, Any] = {"set": sa_set.set_id, "suite": str(sa_set.suite)}
    found |= {f"port_{name}": port for name, port in sa_set.ports._asdict().items()}
    return found | {f"spi_{name}": spi for name, spi in sa_set.spis._asdict().items()}


def _named(numbers: Any, form: str) -> str:
    return " ".join(f"{name} {form.format(number)}" for name, number in numbers._asdict().items())


def _message(fact: MessageReceived) -> Told:
    text = fact.body.decode("utf-8", "replace")
    values = {"event": "message", "from": fact.sender, "text": text, "flow": str(fact.flow)}
    return Told(values, f"message from {fact.sender}: {text}")


def _call(fact: CallChanged) -> Told:
    way = "to" if fact.ours else "from"
    values: dict[str, Any] = {"event": "call", "stage": fact.stage.value, way: fact.peer}
    values |= {"status": fact.status, "call_id": fact.call_id}
    words = f"call {way} {fact.peer}: {fact.stage.value}"
    if fact.lost is not None:
        at = datetime.now().astimezone()
        values |= {
            "lost": fact.lost.why,
            "silent_s": fact.lost.silent_s,
            "at": at.isoformat(timespec="seconds"),
        }
        heard = f"nothing heard for {fact.lost.silent_s} s" if fact.lost.silent_s else "just heard of"
        return Told(values, f"call {way} {fact.peer}: lost at {at:%H:%M:%S}, {fact.lost.why}; {heard}")
    if fact.stage is CallStage.ENDED:
        words += f", {status_words(fact.status, fact.detail)}"
        values |= {"detail": fact.detail} if fact.detail else {}
    return Told(values, words)


def _registered(fact: Registered) -> Told:
    values = {"event": "registered", "impu": fact.impu, "expires_s": fact.expires_s, **_flow(fact.flow)}
    return Told(values, f"registered {fact.impu} for {fact.expires_s} s{_of(fact.flow)}")


def _failed(fact: RegistrationFailed) -> Told:
    values = {"event": "registration_failed", **failure_values(fact), **_flow(fact.flow)}
    words = f"registration{_of(fact.flow)} failed: {fact.reason}"
    if not fact.retry_s:
        return Told(values, words)
    return Told(values | {"retry_s": fact.retry_s}, f"{words}; trying again in {fact.retry_s} s")


def _awaiting(fact: Awaiting) -> Told:
    until = datetime.now().astimezone() + timedelta(seconds=fact.left_s)
    values = {"event": "waiting", "for": str(fact.peer), "what": fact.what, "silent_s": fact.silent_s}
    words = f"waiting for {fact.peer}: no answer to {fact.what} for {fact.silent_s} s; giving up at "
    return Told(values | {"left_s": fact.left_s}, f"{words}{until:%H:%M:%S}, in {fact.left_s} s")


def _unreached(fact: Unreached) -> Told:
    values = {"event": "unreachable", "peer": str(fact.peer), "reason": fact.reason, "hint": fact.protected}
    what = f"the port is closed ({fact.reason})" if fact.reason == "connection refused" else fact.reason
    hint = "; only a hint, as anybody may forge it: asking over the SA set" if fact.protected else ""
    return Told(values, f"{fact.peer} does not get what is sent: {what}{hint}")


def _notified(fact: Notified) -> Told:
    """What the network says of the registration (UEP-07)."""
    values: dict[str, Any] = {"event": "notified", "registration": fact.event, "active": fact.active}
    values |= {"identities": list(fact.identities), **_flow(fact.flow)}
    words = f"the network says of the registration{_of(fact.flow)}: {fact.event}"
    if fact.expires_s is not None:
        values["expires_s"] = fact.expires_s
        words += f", {fact.expires_s} s are left"
    if fact.retry_after_s is not None:
        values["retry_after_s"] = fact.retry_after_s
        words += f", to be tried again in {fact.retry_after_s} s"
    return Told(values, words)


def _deregistered(fact: Deregistered) -> Told:
    values = {"event": "deregistered", "reason": fact.reason, **_flow(fact.flow)}
    if fact.reason.startswith(BY_NETWORK):
        values["by_network"] = fact.reason.removeprefix(BY_NETWORK)
    return Told(values, f"de-registered{_of(fact.flow)}: {fact.reason}")


def _refused(fact: Refused) -> Told:
    """A message that the UE did not take: often the reason of a failure that comes later."""
    refusal, detail = fact.refusal, f": {fact.detail}" if fact.detail else ""
    values = {"event": "refused", "refusal": refusal.name, "clause": refusal.clause, "detail": fact.detail}
    words = f"refused {refusal.name} on {fact.flow}: {refusal.words} ({refusal.clause}){detail}"
    return Told(values | {"flow": str(fact.flow)}, words)


def failure_values(fact: RegistrationFailed) -> dict[str, Any]:
    """Why a registration failed, by status and clause as far as there are any."""
    values: dict[str, Any] = {"reason": fact.reason}
    if fact.status:
        values["status"] = fact.status
    if fact.refusal is not None:
        values |= {"refusal": fact.refusal.name, "clause": fact.refusal.clause}
    return values


_TELL: Final[dict[type, Callable[[Any], Told]]] = {
    MessageReceived: _message,
    CallChanged: _call,
    Registered: _registered,
    RegistrationFailed: _failed,
    Deregistered: _deregistered,
    Notified: _notified,
    Refused: _refused,
    Awaiting: _awaiting,
    Unreached: _unreached,
}
