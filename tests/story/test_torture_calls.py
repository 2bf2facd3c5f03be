"""RFC 4475 through the P-CSCF: what a proxy does with each message that is no REGISTER, from either side.

The messages are those of tests/vectors/data/sip_torture_4475.toml, with a Route that leads to the UE where
they come from the core. A message that goes on goes on as it was.
"""

from typing import Final

import pytest
from tests.unit.nodes.pcscf.bed import CORE
from tests.unit.nodes.pcscf.call_bed import FROM_CORE
from tests.unit.nodes.pcscf.relay_bed import registered
from tests.vectors.wire.sip.torture import BY_NAME

from twopair.wire.sip import Request, Response, UnfitRequest, parse

GOES: Final = "goes on"
OUTCOMES: Final[dict[str, tuple[object, object]]] = {
    "wsinv": (403, GOES),  # in a dialog that its UE has no part in (PCS-15)
    "intmeth": (GOES, GOES),
    "esc01": (GOES, GOES),
    "esc02": (GOES, GOES),
    "lwsdisp": (GOES, GOES),
    "longreq": (GOES, GOES),
    "semiuri": (GOES, GOES),
    "transports": (GOES, GOES),
    "mpart01": (GOES, GOES),
    "badinv01": (400, GOES),  # Via values below the topmost are read of UEs only (PCS-22 loop)
    "clerr": (400, 400),
    "ncl": (400, 400),
    "scalar02": (400, 400),
    "quotbal": (400, 400),
    "ltgtruri": (400, 400),
    "lwsruri": (400, 400),
    "lwsstart": (400, 400),
    "trws": (400, 400),
    "escruri": (400, 400),
    "baddate": (GOES, GOES),
    "badaspec": (GOES, GOES),
    "baddn": (400, 400),
    "mismatch01": (400, 400),
    "mismatch02": (400, 400),
    "badbranch": (GOES, GOES),
    "insuf": (400, 400),
    "unkscm": (416, 416),
    "novelsc": (416, 416),
    "bext01": (420, 420),
    "invut": (GOES, GOES),
    "multi01": (400, 400),
    "mcl01": (400, 400),
    "zeromf": (200, 200),  # OPTIONS that may go no further (RFC 3261 §11)
    "sdp01": (GOES, GOES),
    "inv2543": (GOES, GOES),
}
"""Message, and what becomes of it from the UE, and from the core."""


@pytest.mark.parametrize("up", [True, False], ids=["from the UE", "from the core"])
@pytest.mark.parametrize("name", OUTCOMES)
def test_torture(name: str, up: bool) -> None:
    """RFC 4475 §3; PCS-22."""
    bed, ue = registered(missing_security_verify="tolerate")
    subscriber = bed.pcscf.tables.subscribers.of(ue.impi)
    assert subscriber is not None
    start, _, rest = BY_NAME[name].data.partition(b"\r\n")
    route = b"" if up else b"Route: " + subscriber.path.encode() + b"\r\n"
    bed.receive(ue.uplink if up else FROM_CORE, start + b"\r\n" + route + rest)
    [(flow, sent)] = bed.sent
    wanted = OUTCOMES[name][0 if up else 1]
    if wanted is GOES:
        assert isinstance(sent, Request)
        assert (flow.local.address == CORE.address) is up  # longreq goes over TCP (RFC 3261 §18.1.1)
        _as_it_was(BY_NAME[name].data, sent)
    else:
        assert isinstance(sent, Response)
        assert (sent.status, flow.local == CORE) == (wanted, not up)


def _as_it_was(data: bytes, sent: Request) -> None:
    try:
        came = parse(data)
    except UnfitRequest as unfit:
        came = unfit.request
    assert isinstance(came, Request)
    assert (sent.method, sent.uri, sent.body) == (came.method, came.uri, came.body)
    for name in ("From", "To", "Call-ID", "CSeq", "Contact", "Subject", "Date"):
        assert sent.get_all(name) == came.get_all(name)
