"""Messages of phones and registrars, octet for octet, before the P-CSCF on the bench.

The files of tests/vectors/data/field are as they came, with names and numbers invented. What a run of the
P-CSCF draws by itself (SPIs, client port, token, branch) is put in their place; all else stays.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.unit.nodes.pcscf.bed import CORE, HOME, SERVICE_ROUTE, TCP, UDP, Bed, Ue

from twopair.base import Flow, Transport
from twopair.wire.sip import Request

FILES = Path(__file__).parents[1] / "vectors/data/field"
OUR_TOKEN = b"df6af1d8303e61cd"
OUR_TERMS = re.compile(
    rb"spi-c=(?:3280387268;spi-s=271042001;port-c=5064|1095513404;spi-s=506457225;port-c=5066)"
)
OUR_VIA = re.compile(rb"^Via: SIP/2\.0/UDP 10\.20\.0\.1:5060;branch=[^\r]*", re.MULTILINE)
FROM_CORE = Flow(UDP, CORE, HOME)


def associated(ue: Ue) -> str:
    """P-Associated-URI of the cases: a number as SIP URI, as tel URI, and the temporary identity."""
    host = ue.impu.partition("@")[2]
    return f"<sip:+15550100001@{host}>, <tel:+15550100001>, <{ue.impu}>"


class FieldBed(Bed):
    """A P-CSCF, and the phone of the cases: `ue`, registered unless said otherwise.

    Args:
        registered: whether the phone has registered.
        transport: over which it does.
        p_associated_uri: what its 200 says, `associated` if nothing is said.
        changes: of the P-CSCF's configuration.
    """

    def __init__(
        self,
        *,
        registered: bool = True,
        transport: Transport = UDP,
        p_associated_uri: str = "",
        **changes: Any,
    ) -> None:
        super().__init__(**changes)
        self.ue = Ue(transport=transport)
        self._associated = p_associated_uri or associated(self.ue)
        if registered:
            self.register(self.ue)

    def ok(self, request: Request, ue: Ue, expires: int = 600000) -> list[Any]:
        """200 to a REGISTER with the identities of the cases."""
        headers = [
            ("Contact", f"<sip:{ue.address}:{ue.terms.port_s}>;expires={expires}"),
            ("Service-Route", SERVICE_ROUTE),
            ("P-Associated-URI", self._associated),
        ]
        return self.core(request, 200, headers)

    def octets(self, name: str, ue: Ue | None = None, *, answers: Request | None = None) -> bytes:
        """One file, with what this run has drawn.

        Args:
            name: of the file, without its ending.
            ue: the phone whose message it is; `self.ue` if nothing is said.
            answers: the request at the core that it answers.
        """
        ue = ue or self.ue
        data = (FILES / f"{name}.sip").read_bytes()
        subscriber = self.pcscf.tables.subscribers.of(ue.impi)
        if subscriber is not None:
            data = data.replace(OUR_TOKEN, subscriber.token.encode())
        terms = re.search(rb"spi-c=\d+;spi-s=\d+;port-c=\d+", ue.server.encode())
        if terms is not None:
            data = OUR_TERMS.sub(terms[0], data)
        if answers is not None:
            data = OUR_VIA.sub(f"Via: {answers.top_via}".encode(), data)
        return data

    def phone(self, name: str, flow: Flow | None = None, ue: Ue | None = None) -> list[Any]:
        """A message of the phone; over its set if no flow is named."""
        ue = ue or self.ue
        return self.receive(flow or ue.uplink, self.octets(name, ue))

    def network(self, name: str, *, answers: Request | None = None) -> list[Any]:
        """A message of the core."""
        return self.receive(FROM_CORE, self.octets(name, answers=answers))

    def values(self, name: str) -> Sequence[str]:
        """Values of one header in the one request that has just gone to the core."""
        return self.to_core().values(name)


__all__ = ["FILES", "FROM_CORE", "TCP", "UDP", "FieldBed", "associated"]
