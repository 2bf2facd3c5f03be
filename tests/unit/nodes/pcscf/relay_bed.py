"""A registered UE behind the P-CSCF, and what has just been sent."""

import pytest
from tests.unit.nodes.pcscf.bed import TCP, UDP, Bed, Ue

from twopair.base import (
    Transport,
)
from twopair.wire.sip import Request, Response

both = pytest.mark.parametrize("transport", [UDP, TCP])


def registered(transport: Transport = UDP, **changes: object) -> tuple[Bed, Ue]:
    bed, ue = Bed(**changes), Ue(transport=transport)  # type: ignore[arg-type]
    bed.register(ue)
    return bed, ue


def status(bed: Bed) -> int:
    response = bed.to_ue()[1]
    assert isinstance(response, Response)
    return response.status


def asked(bed: Bed) -> Request:
    request = bed.to_ue()[1]
    assert isinstance(request, Request)
    return request
