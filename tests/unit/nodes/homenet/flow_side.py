"""A user with several registrations at the home network: flows and emergency (RFC 5626; MGU-09, PCS-18)."""

from typing import Any

from tests.unit.nodes.homenet.core_side import DOMAIN, IMSI_1, CoreSide, Phone

from twopair.core.registration.flows import RegFlow
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.homenet import HomeConfig
from twopair.wire.sip import Request, Response

PHONE = "<urn:gsma:imei:35000000-000000-0>"
OTHER_PHONE = "<urn:gsma:imei:35000000-000000-1>"


class FlowPhone(Phone):
    """One registration of a phone: address, Path and Call-ID of its own, and the card that all have.

    Args:
        like: whose card it has.
        reg_id: 0 for a Contact without.
        sos: whether it is an emergency registration.
        instance: value of ``+sip.instance``, may be empty.
        address: of the phone over this access.
    """

    def __init__(
        self,
        like: Phone,
        reg_id: int = 0,
        *,
        sos: bool = False,
        instance: str = PHONE,
        address: str = "",
        edge: str = ";ob",
    ) -> None:
        super().__init__(IMSI_1, like.name)
        self.card = like.card
        self.flow = RegFlow(instance, 0 if sos else reg_id, sos)
        self.address = address or f"10.10.2.{reg_id + 1}"
        self.contact = f"sip:{self.name}@{self.address}:6101{';sos' if sos else ''}"
        self.path = f"<sip:token-{reg_id}{'-sos' if sos else ''}-{self.address}@10.20.0.1:5060;lr{edge}>"
        self.call_id = f"flow-{reg_id}-{self.contact}"

    def bound(self, expires: int) -> str:
        """Its Contact."""
        instance = f';+sip.instance="{self.flow.instance}"' if self.flow.instance else ""
        reg_id = f";reg-id={self.flow.reg_id}" if self.flow.reg_id else ""
        return f"<{self.contact}>{instance}{reg_id};expires={expires}"


class FlowSide(CoreSide):
    """A home network, and the registrations of Alice.

    Args:
        supported: Supported of her phones.
        changes: of the configuration.
    """

    def __init__(self, *, supported: str = "path, outbound, gruu", **changes: Any) -> None:
        super().__init__(HomeConfig(DOMAIN, "10.20.0.2", **changes))
        self.supported = supported

    def flow(self, reg_id: int = 0, **more: Any) -> FlowPhone:
        return FlowPhone(self.alice, reg_id, **more)

    def register(self, phone: Phone, authorization: str | None = "", **more: Any) -> Request:
        if isinstance(phone, FlowPhone):
            more.setdefault("Supported", self.supported)
            if "contact" not in more:
                more["contact"] = phone.bound(more.get("expires", 600000))
        return super().register(phone, authorization, **more)

    def both(self, **more: Any) -> tuple[FlowPhone, FlowPhone]:
        """Two flows of one phone, registered."""
        first, second = self.flow(1, **more), self.flow(2, **more)
        self.registered(first)
        self.registered(second)
        return first, second

    def refreshed(self, phone: Phone, **more: Any) -> Response:
        """A REGISTER over the phone's SA set."""
        return self.ask(self.register(phone, protected="yes", **more))

    def reached(self, uri: str) -> str:
        """Where a MESSAGE goes: its Request-URI; nothing if it is answered here."""
        (message,) = self.send(self.request("MESSAGE", uri))
        return message.uri if isinstance(message, Request) else ""

    def standing(self) -> list[RegFlow]:
        """Registrations that facts tell of, in their order."""
        flows: list[RegFlow] = []
        for fact in self.facts:
            if isinstance(fact, Registered | Deregistered) and fact.flow in flows:
                flows.remove(fact.flow)
            if isinstance(fact, Registered):
                flows.append(fact.flow)
        return flows
