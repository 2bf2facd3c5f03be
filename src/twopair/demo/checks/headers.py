"""What the messages say about ports, agreement and keys, on Gm and behind the P-CSCF."""

from collections.abc import Callable, Iterator
from typing import Final

from twopair.core.sa import PortName
from twopair.core.secagree import same_agreement
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence, Procedure, ue_of
from twopair.demo.record import CORE, Said
from twopair.wire.sip import AuthFields, Message, NameAddr, Request, SipUri

_NONE: Final = "no protected request was seen"


def _each_ue(evidence: Evidence, judge: Callable[[Procedure], str], good: str) -> Finding:
    """One judgement per UE; a UE that never spoke cannot be judged."""
    faults = [f"{name}: {fault}" for name, p in evidence.procedures.items() if (fault := judge(p))]
    return Finding(faults if evidence.procedures else ["no UE was seen"], good)


def _echo(evidence: Evidence) -> Finding:
    """AGR-24: SM7 repeats Security-Client of SM1 and Security-Server of SM6."""

    def judge(procedure: Procedure) -> str:
        sm7, offer, server = procedure.sm7, procedure.offer, procedure.server_list
        if sm7 is None or offer is None or server is None:
            return "SM1, SM6 or SM7 without its list"
        message = sm7.seen.message
        if not same_agreement(offer, message.get_all("Security-Client")):
            return "Security-Client of SM7 is not that of SM1"
        if not same_agreement(server, message.get_all("Security-Verify")):
            return "Security-Verify of SM7 is not Security-Server of SM6"
        return ""

    return _each_ue(
        evidence, judge, "SM7 repeats Security-Client of SM1 and Security-Server of SM6, inside ESP"
    )


def _choice(evidence: Evidence) -> Finding:
    """AGR-22: the best combination both ends know is the one in use."""

    def judge(procedure: Procedure) -> str:
        sets = [s for s in evidence.recording.sets if s.ue == procedure.ue.address]
        wrong = [str(s.suite) for s in sets if s.suite != evidence.suite]
        return f"{wrong[0]} instead of {evidence.suite}" if wrong else "" if sets else "no set was made"

    return _each_ue(evidence, judge, f"both ends chose {evidence.suite}")


def _via_of_ue(evidence: Evidence) -> Finding:
    """MSG-02: every protected request of a UE asks for answers at port_us."""
    faults, requests = [], list(_requests(evidence, from_ue=True))
    for said in requests:
        agreed = evidence.procedures[ue_of(said).name].agreed
        if agreed is None or said.seen.message.top_via.port != agreed.ports.of(PortName.US):
            faults.append(
                f"{said.sender.name} {said.seen.start_line}: Via {said.seen.message.top_via.sent_by}"
            )
    return Finding(faults if requests else [_NONE], "Via of every protected request of a UE has port_us")


def _contact(evidence: Evidence) -> Finding:
    """MSG-03: Contact of SM7 has the UE's address and port_us."""

    def judge(procedure: Procedure) -> str:
        sm7, agreed = procedure.sm7, procedure.agreed
        if sm7 is None or agreed is None:
            return "no SM7"
        contact = SipUri.parse(str(NameAddr.parse(sm7.seen.message.get("Contact") or "").uri))
        port = agreed.ports.of(PortName.US)
        return "" if contact.port == port else f"Contact has port {contact.port}, port_us is {port}"

    return _each_ue(evidence, judge, "Contact of SM7 has port_us")


def _via_of_pcscf(evidence: Evidence) -> Finding:
    """MSG-04: every request of the P-CSCF towards a UE asks for answers at port_ps."""
    faults, requests = [], list(_requests(evidence, from_ue=False))
    for said in requests:
        agreed = evidence.procedures[ue_of(said).name].agreed
        if agreed is None or said.seen.message.top_via.port != agreed.ports.of(PortName.PS):
            faults.append(f"{said.seen.start_line}: Via {said.seen.message.top_via.sent_by}")
    return Finding(
        faults if requests else [_NONE], "Via of every request of the P-CSCF towards a UE has port_ps"
    )


def _requests(evidence: Evidence, *, from_ue: bool) -> Iterator[Said]:
    return (
        said
        for said in evidence.gm
        if said.seen.sa and isinstance(said.seen.message, Request) and said.sender.is_ue is from_ue
    )


def _stripped(evidence: Evidence) -> Finding:
    """AGR-36: nothing of the agreement goes on to the home network."""
    requests = [
        s for s in _core(evidence) if isinstance(s.seen.message, Request) and s.sender.name == "pcscf"
    ]
    faults = [f"{s.seen.start_line}: {what}" for s in requests if (what := _leftover(s.seen.message))]
    return Finding(
        faults if requests else ["nothing went to the home network"], "no Security-* behind the P-CSCF"
    )


def _leftover(message: Message) -> str:
    for header in ("Security-Client", "Security-Verify", "Security-Server"):
        if message.get(header) is not None:
            return header
    tags = [tag for header in ("Require", "Proxy-Require") for tag in message.values(header)]
    return "sec-agree" if "sec-agree" in tags else ""


def _integrity(evidence: Evidence) -> Finding:
    """INT-02: the home network is told "no" for SM1 and "yes" for SM7."""
    faults, judged = [], 0
    for said in _core(evidence):
        if said.seen.step not in ("SM1", "SM7") or not isinstance(said.seen.message, Request):
            continue
        judged += 1
        fields = _auth(said.seen.message, "Authorization")
        wanted = "yes" if said.seen.step == "SM7" and fields.get("response") else "no"
        if fields.get("integrity-protected") != wanted:
            faults.append(f"{said.seen.step}: integrity-protected={fields.get('integrity-protected')}")
    good = 'integrity-protected="no" for SM1, "yes" for SM7'
    return Finding(faults if judged else ["no REGISTER went to the home network"], good)


def _no_keys(evidence: Evidence) -> Finding:
    """AKA-31: CK and IK came to the P-CSCF and went no further."""
    challenges = [s.seen.message for s in _core(evidence) if s.seen.step == "SM6"]
    faults = [
        f"{s.seen.start_line} to {s.receiver.name} has keys" for s in evidence.gm if _keys(s.seen.message)
    ]
    if not challenges or any(_keys(message) != {"ck", "ik"} for message in challenges):
        faults.append("a 401 of the home network has no ck or no ik, or there was none")
    return Finding(faults, "ck and ik came in SM5 and are gone from SM6")


def _keys(message: Message) -> set[str]:
    fields = _auth(message, "WWW-Authenticate")
    return {name for name in ("ck", "ik") if fields.get(name) is not None}


def _auth(message: Message, header: str) -> AuthFields:
    return AuthFields.parse(message.get(header) or "Digest")


def _core(evidence: Evidence) -> Iterator[Said]:
    return evidence.recording.said(CORE)


AGREEMENT: Final = (Check("AGR-24", _echo), Check("AGR-22", _choice))
ADDRESSES: Final = (Check("MSG-02", _via_of_ue), Check("MSG-03", _contact))
TOWARDS_UE: Final = (Check("MSG-04", _via_of_pcscf),)
CORE_SIDE: Final = (Check("AGR-36", _stripped), Check("INT-02", _integrity), Check("AKA-31", _no_keys))
