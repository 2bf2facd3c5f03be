"""What a watched registration costs in memory, beside what it costs anyway (ADR 27, ADR 32; PCS-16)."""

import gc

from tests.unit.nodes.pcscf.bed import Bed, Ue
from tests.unit.nodes.pcscf.test_watches import accept, info, notify
from tests.weight import weigh

from twopair.wire.sip import Request

FEW = 64
MOST = 2_600
"""Octets of a subscription, its dialog, what it has told, and its place in the agenda."""


def weight(ues: int, *, watched: bool) -> int:
    """Of a P-CSCF with so many UEs, once all timers but those of registrations are over."""
    bed = Bed(reg_event=watched)
    for number in range(1, ues + 1):
        ue = Ue(number=number)
        bed.register(ue)
        bed.wait(0)
        for _, subscribe in [sent for sent in bed.sent if isinstance(sent[1], Request)]:
            assert isinstance(subscribe, Request)
            accept(bed, subscribe)
            assert notify(bed, subscribe, info(bed, ue, 0, full=True), 1).status == 200
    bed.wait(600)
    gc.collect()
    return weigh([bed.pcscf]).octets


def test_what_a_watched_ue_costs_more() -> None:
    """Twice as many UEs, watched and not: what each of them has more where it is watched."""
    more = [weight(2 * FEW, watched=watched) - weight(FEW, watched=watched) for watched in (True, False)]
    each = (more[0] - more[1]) / FEW
    print(f"{each:.0f} octets for a UE that is watched")
    assert 500 < each < MOST
