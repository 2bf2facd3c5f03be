"""UEs whose Contact names a flow, or an emergency registration, and a core that confirms it."""

from dataclasses import dataclass
from typing import Any

from tests.unit.nodes.pcscf.bed import CORE, SERVICE_ROUTE, Bed, Ue

from twopair.base import Port, Spi
from twopair.core.registration.flows import RegFlow
from twopair.core.sa import Stage
from twopair.core.secagree import Terms
from twopair.nodes.facts import SetStage
from twopair.nodes.pcscf.gm.subscriber import Subscriber, path_uri
from twopair.wire.sip import Request

IN_USE = [Stage.IN_USE]
PHONE = "<urn:gsma:imei:35000000-000000-0>"
OTHER_PHONE = "<urn:gsma:imei:35000000-000000-1>"


@dataclass
class FlowUe(Ue):
    """One registration of a UE: its own address, Call-ID and terms, the IMPI of its number.

    Attributes:
        reg_id: 0 for a Contact without.
        sos: whether it is an emergency registration.
        instance: value of ``+sip.instance``, may be empty.
        answered: whether the core answers ``Require: outbound``.
    """

    reg_id: int = 0
    sos: bool = False
    instance: str = PHONE
    answered: bool = True

    def register(self, headers: Any = (), **changes: str) -> bytes:
        expires = changes.get("expires", "600000")
        sos = ";sos" if self.sos else ""
        instance = f';+sip.instance="{self.instance}"' if self.instance else ""
        reg_id = f";reg-id={self.reg_id}" if self.reg_id else ""
        contact = f"<sip:{self.address}:{self.terms.port_s}{sos}>{instance}{reg_id};expires={expires}"
        changes = {"Contact": contact, "Supported": "path, outbound, gruu", **changes}
        return super().register(headers, **changes)


class FlowBed(Bed):
    """The bench, with flows."""

    def ok(self, request: Request, ue: Ue, expires: int = 600000) -> list[Any]:
        assert isinstance(ue, FlowUe)
        contact = (request.get("Contact") or "").partition(";expires")[0]
        headers = [
            ("Contact", f"{contact};expires={expires}"),
            ("Service-Route", SERVICE_ROUTE),
            ("P-Associated-URI", f"<{ue.impu}>, <tel:+{ue.number}>"),
        ]
        if ue.reg_id and not ue.sos and ue.answered:
            headers.append(("Require", "outbound"))
        return self.core(request, 200, headers)

    def of(self, ue: FlowUe) -> Subscriber | None:
        """The registration of that name at the P-CSCF."""
        name = RegFlow(ue.instance, 0 if ue.sos else ue.reg_id, ue.sos)
        found = self.pcscf.tables.subscribers.all_of(ue.impi)
        return next((one for one in found if one.flow == name), None)

    def stages(self, ue: Ue) -> list[Stage]:
        assert isinstance(ue, FlowUe)
        found = self.of(ue)
        return [live.life.stage for live in found.sets] if found else []

    def path_of(self, ue: FlowUe) -> str:
        """Path of its registration."""
        found = self.of(ue)
        assert found is not None
        return path_uri(found.token, CORE, outbound=bool(ue.reg_id))

    def relayed(self, ue: Ue) -> bool:
        """Whether a MESSAGE over the set of `ue` goes to the core."""
        self.receive(ue.uplink, ue.request())
        return bool([m for flow, m in self.sent if isinstance(m, Request) and m.method == "MESSAGE"])

    def deleted(self) -> list[int]:
        """Sets that have ended so far."""
        return [fact.set_id for fact in self.facts(SetStage) if fact.stage is Stage.DELETED]


def flow(reg_id: int, address: str = "", **more: Any) -> FlowUe:
    """One flow of UE 1, each from an address, with SPIs and a client port of its own."""
    address = address or f"10.99.0.{reg_id + 1}"
    ue = FlowUe(reg_id=reg_id, address=address, call_id=f"flow-{reg_id}", cseq=100 * reg_id, **more)
    return moved(ue, reg_id)


def emergency(address: str = "10.98.0.1") -> FlowUe:
    """The emergency registration of UE 1."""
    return moved(FlowUe(sos=True, address=address, call_id="emergency", cseq=9000), 99)


def moved(ue: FlowUe, place: int) -> FlowUe:
    """The UE with SPIs and a client port that no other place has; the server port stays."""
    spi_c, spi_s, port_c, port_s = ue.terms
    ue.renew(Terms(Spi(spi_c + 1000 * place), Spi(spi_s + 1000 * place), Port(port_c + 10 * place), port_s))
    return ue


def fresh(ue: FlowUe, *, call_id: str = "", number_of_spis: int = 0) -> FlowUe:
    """A copy: parameters of tests are made once, and UEs change."""
    copy = FlowUe(
        address=ue.address, call_id=call_id or ue.call_id, reg_id=ue.reg_id, sos=ue.sos,
        instance=ue.instance, answered=ue.answered, cseq=ue.cseq + number_of_spis,
    )  # fmt: skip
    terms = ue.terms
    copy.renew(
        terms._replace(spi_c=Spi(terms.spi_c + number_of_spis), spi_s=Spi(terms.spi_s + number_of_spis))
    )
    return copy
