"""What became of it: who is registered, who was refused and why, which messages arrived."""

from functools import partial
from typing import Final

from twopair.base import Refusal, Refused
from twopair.core.secagree import ServerList
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence
from twopair.demo.record import CORE, Said
from twopair.nodes.facts import (
    MessageAnswered,
    MessageReceived,
    Registered,
    RegistrationFailed,
    Resynchronised,
)
from twopair.wire.sip import Credentials, Request, Response


def _registered(evidence: Evidence) -> Finding:
    """UEP-06: the 200 OK of SM12 makes the UE registered."""
    faults = []
    for ue in evidence.ues:
        failed = [f.reason for f in evidence.recording.facts(ue.name) if isinstance(f, RegistrationFailed)]
        if failed:
            faults.append(f"{ue.name} is not registered: {failed[0]}")
        elif not any(isinstance(f, Registered) for f in evidence.recording.facts(ue.name)):
            faults.append(f"{ue.name} is not registered")
    names = ", ".join(ue.name for ue in evidence.ues)
    return Finding(faults if evidence.ues else ["no UE was seen"], f"{names} registered by 200 OK")


def _delivered(evidence: Evidence) -> Finding:
    """PCS-13: every MESSAGE from the home network reached its UE, and the 200 OK came back to the sender."""
    facts = [(h.name, f) for h in evidence.recording.hosts for f in evidence.recording.facts(h.name)]
    answers = [f.status for _, f in facts if isinstance(f, MessageAnswered)]
    arrived = [name for name, f in facts if isinstance(f, MessageReceived)]
    sent = sum(
        isinstance(s.seen.message, Request) and s.seen.message.method == "MESSAGE" and not s.sender.is_ue
        for s in evidence.gm
        if not s.seen.again
    )
    faults = [f"a MESSAGE was answered {status}" for status in answers if status != 200]
    if not sent == len(arrived) == len(answers):
        faults.append(f"{sent} MESSAGEs sent to UEs, {len(arrived)} arrived, {len(answers)} answered")
    return Finding(
        faults if sent else ["no MESSAGE was sent"], f"{sent} MESSAGEs, each delivered and answered 200"
    )


def _answered(evidence: Evidence) -> Finding:
    """RFC 3428 §4: every MESSAGE that anybody sent was answered 200."""
    answers = [
        fact.status
        for host in evidence.recording.hosts
        for fact in evidence.recording.facts(host.name)
        if isinstance(fact, MessageAnswered)
    ]
    faults = [f"a MESSAGE was answered {status}" for status in answers if status != 200]
    return Finding(
        faults if answers else ["no MESSAGE was sent"], f"{len(answers)} MESSAGEs, each answered 200"
    )


def _reported(evidence: Evidence, host: str, refusal: Refusal) -> Finding:
    """A host refused something for this reason."""
    found = any(isinstance(f, Refused) and f.refusal is refusal for f in evidence.recording.facts(host))
    return Finding([] if found else [f"{host} did not report {refusal.name}"], f"{host}: {refusal.words}")


def _mac_failure_answer(evidence: Evidence) -> Finding:
    """ERR-03: after a wrong MAC the UE sends an empty response without AUTS, in the clear."""
    sent = _answers_to_challenge(evidence)
    faults = [
        f"{said.sender.name}: {what}"
        for said in sent
        for what, wrong in (
            ("a digest response", bool(_credentials(said).get("response"))),
            ("an AUTS", _credentials(said).get("auts") is not None),
            ("inside an SA", said.seen.sa is not None),
        )
        if wrong
    ]
    return Finding(
        faults if sent else ["the challenge was not answered"], "an empty response, no AUTS, in the clear"
    )


def _resynchronised(evidence: Evidence) -> Finding:
    """ERR-04: the UE sends AUTS in the clear and gets a fresh challenge, which it answers inside ESP."""
    faults = []
    sent = _answers_to_challenge(evidence)
    with_auts = [s for s in sent if _credentials(s).get("auts") and s.seen.sa is None]
    if len(with_auts) != 1:
        faults.append(f"{len(with_auts)} REGISTERs with AUTS in the clear")
    nonces = [s.seen.message.get("WWW-Authenticate") for s in evidence.gm if _status(s) == 401]
    if len(nonces) != 2 or len(set(nonces)) != 2:
        faults.append(f"{len(set(nonces))} different challenges instead of 2")
    if not sent or sent[-1].seen.sa != "SA1-up":
        faults.append("the second challenge was not answered over SA1-up")
    return Finding(faults, "AUTS in the clear, a fresh challenge, SM7 over SA1-up")


def _home_followed(evidence: Evidence) -> Finding:
    """AKA-17: the HSS verified AUTS and took over the sequence number."""
    found = any(isinstance(f, Resynchronised) for f in evidence.recording.facts("home"))
    return Finding(
        [] if found else ["home did not resynchronise"], "the HSS verified AUTS and follows the card"
    )


def _answers_to_challenge(evidence: Evidence) -> list[Said]:
    return [
        s
        for s in evidence.gm
        if s.seen.step == "SM7" and isinstance(s.seen.message, Request) and not s.seen.again
    ]


def _credentials(said: Said) -> Credentials:
    return Credentials.parse(said.seen.message.get("Authorization") or "Digest")


def _refused_with(evidence: Evidence, status: int) -> Finding:
    """The last answer of the procedure, and what the UE makes of it."""
    last = [_status(s) for s in evidence.gm if s.seen.step and _status(s)]
    failed = any(
        isinstance(f, RegistrationFailed) for ue in evidence.ues for f in evidence.recording.facts(ue.name)
    )
    faults = [] if last[-1:] == [status] else [f"answered {last[-1:] or 'nothing'} instead of {status}"]
    if not failed:
        faults.append("the UE did not report that it failed")
    return Finding(faults, f"{status}, and the UE is not registered")


def _static_list(evidence: Evidence) -> Finding:
    """AGR-21: the refusal carries the static list in Security-Server."""
    answers = [s for s in evidence.gm if _status(s) == 494]
    lists = [ServerList.parse(s.seen.message.get_all("Security-Server")) for s in answers]
    faults = (
        [] if lists and all(found.mechanisms for found in lists) else ["no Security-Server in the refusal"]
    )
    suites = ", ".join(m.params.get("ealg") or "" for found in lists for m in found.mechanisms)
    return Finding(faults, f"494 lists what the P-CSCF has: {suites}")


def _core_silent(evidence: Evidence) -> Finding:
    """ERR-08: refused before the home network heard of it, and not tried again with the same offer."""
    faults = [f"{s.seen.start_line} went to the home network" for s in evidence.recording.said(CORE)]
    asked = [s for s in evidence.gm if isinstance(s.seen.message, Request) and not s.seen.again]
    if len(asked) != 1:
        faults.append(f"the UE asked {len(asked)} times")
    return Finding(faults, "the home network heard nothing, the UE did not repeat its offer")


def _no_set_at_ue(evidence: Evidence) -> Finding:
    """MGU-08: an invalid challenge makes no set at the UE."""
    faults = [f"{s.end.value} made a set" for s in evidence.recording.sets if s.end.value == "ue"]
    faults += [f"ESP from {p.src}" for p in evidence.recording.packets if p.esp is not None]
    return Finding(faults, "the UE made no set, nothing was sent inside ESP")


def _status(said: Said) -> int:
    message = said.seen.message
    return message.status if isinstance(message, Response) else 0


REGISTERED: Final = (Check("UEP-06", _registered),)
ANSWERED: Final = (Check("UEP-08", _answered),)
DELIVERED: Final = (Check("PCS-13", _delivered),)
FALSE_NETWORK: Final = (
    Check("AKA-20", partial(_reported, host="ue", refusal=Refusal.MAC_FAILURE)),
    Check("ERR-03", _mac_failure_answer),
    Check("MGU-08", _no_set_at_ue),
    Check("INT-07", partial(_refused_with, status=403)),
)
RESYNCHRONISED: Final = (
    Check("AKA-21", partial(_reported, host="ue", refusal=Refusal.SQN_OUT_OF_RANGE)),
    Check("ERR-04", _resynchronised),
    Check("AKA-17", _home_followed),
)
NOTHING_IN_COMMON: Final = (
    Check("ERR-08", partial(_refused_with, status=494)),
    Check("AGR-21", _static_list),
    Check("ERR-08", _core_silent),
)
