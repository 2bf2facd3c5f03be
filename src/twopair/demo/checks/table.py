"""Tables 3.5 and 4.2 of the requirements, compared with the wire message by message."""

from functools import partial
from typing import Final

from twopair.base import Transport
from twopair.core.sa import ARROWS
from twopair.demo.checks.check import Check, Finding
from twopair.demo.evidence import Evidence, Procedure, ue_of
from twopair.demo.record import Said
from twopair.wire.sip import Credentials, Message, Request

UDP, TCP = Transport.UDP, Transport.TCP
UNPROTECTED: Final = 5060

SA_OF: Final[dict[tuple[str, Transport], str | None]] = {
    ("SM1", UDP): None,
    ("SM1", TCP): None,
    ("SM6", UDP): None,
    ("SM6", TCP): None,
    ("SM7 that reports a failure", UDP): None,
    ("SM7 that reports a failure", TCP): None,
    ("SM7", UDP): "SA1-up",
    ("SM7", TCP): "SA1-up",
    ("SM12", UDP): "SA2-dn",
    ("SM12", TCP): "SA1-dn",
    ("request of the UE", UDP): "SA1-up",
    ("request of the UE", TCP): "SA1-up",
    ("response of the P-CSCF", UDP): "SA2-dn",
    ("response of the P-CSCF", TCP): "SA1-dn",
    ("request of the P-CSCF", UDP): "SA2-dn",
    ("request of the P-CSCF", TCP): "SA2-dn",
    ("response of the UE", UDP): "SA1-up",
    ("response of the UE", TCP): "SA2-up",
}
"""Which SA carries what; None is clear text (tables 3.5 and 4.2; ERR-03, ERR-04 where no set stands yet)."""

_ARROW: Final = {arrow.name: arrow for arrow in ARROWS}


def kind(said: Said) -> str:
    """The row of the table a message on Gm belongs to."""
    if said.seen.step:
        failed = said.seen.step == "SM7" and reports_failure(said.seen.message)
        return "SM7 that reports a failure" if failed else said.seen.step
    what = "request" if isinstance(said.seen.message, Request) else "response"
    return f"{what} of the {'UE' if said.sender.is_ue else 'P-CSCF'}"


def reports_failure(message: Message) -> bool:
    """Whether a REGISTER says that a challenge was not acceptable: no response, or AUTS (AKA-20, AKA-21)."""
    if not isinstance(message, Request):
        return False
    fields = Credentials.parse(message.get("Authorization") or "Digest")
    return not fields.get("response") or fields.get("auts") is not None


def fault_of(said: Said, procedure: Procedure) -> str:
    """What is wrong with ports, SA or SPI of one message; empty if nothing is."""
    seen = said.seen
    row = kind(said)
    name = SA_OF[row, seen.transport]
    where = f"{said.sender.name} {row} on {seen.transport.value}"
    if seen.sa != name:
        return f"{where}: {seen.sa or 'clear text'} instead of {name or 'clear text'}"
    if name is None:
        return _clear_fault(said, procedure, where)
    if procedure.agreed is None:
        return f"{where}: protected, but nothing was agreed"
    arrow, agreed = _ARROW[name], procedure.agreed
    ports = agreed.ports.of(arrow.ports.src), agreed.ports.of(arrow.ports.dst)
    if (seen.src.port, seen.dst.port) != ports:
        return f"{where}: ports {seen.src.port}>{seen.dst.port} instead of {ports[0]}>{ports[1]}"
    if seen.spi != agreed.spis.of(arrow.spi_of):
        return f"{where}: SPI 0x{seen.spi:08x} is not spi_{arrow.spi_of.name.lower()}"
    return ""


def _clear_fault(said: Said, procedure: Procedure, where: str) -> str:
    """A clear REGISTER goes to the unprotected port, its answer comes back the same way (UEP-03, FLOW-04)."""
    seen = said.seen
    if isinstance(seen.message, Request):
        return "" if seen.dst.port == UNPROTECTED else f"{where}: to port {seen.dst.port}"
    question = procedure.question(said)
    asked = (question.seen.dst, question.seen.src) if question else None
    return "" if (seen.src, seen.dst) == asked else f"{where}: not the way the REGISTER came"


def _judge(evidence: Evidence, row: str) -> Finding:
    """Every message of a row of the table; there is at least one."""
    messages = [said for said in evidence.gm if kind(said) == row]
    found = [fault_of(said, evidence.procedures[ue_of(said).name]) for said in messages]
    faults = [fault for fault in found if fault] if messages else [f"no {row} was seen"]
    return Finding(faults, _good(messages))


def _good(messages: list[Said]) -> str:
    if not messages:
        return ""
    seen = messages[0].seen
    carried = f"{seen.sa}, SPI 0x{seen.spi:08x}" if seen.sa else "clear text"
    also = f"; {len(messages)} such messages" if len(messages) > 1 else ""
    return f"{kind(messages[0])} {seen.transport.value} {seen.src.port}>{seen.dst.port}, {carried}{also}"


REGISTRATION: Final = (
    Check("UEP-03", partial(_judge, row="SM1")),
    Check("FLOW-04", partial(_judge, row="SM6")),
    Check("MSG-09", partial(_judge, row="SM7")),
    Check("FLOW-06", partial(_judge, row="SM12")),
)
"""Table 4.2, the four messages of a registration on Gm."""

TRAFFIC: Final = (
    Check("MSG-01", partial(_judge, row="request of the UE")),
    Check("MSG-01", partial(_judge, row="response of the P-CSCF")),
    Check("MSG-01", partial(_judge, row="request of the P-CSCF")),
    Check("MSG-01", partial(_judge, row="response of the UE")),
)
"""Table 3.5, requests and responses in both directions."""
