"""Faults of a peer, and a set that cannot be installed (KEY-08, SA-01)."""

import logging

import pytest
from tests.figure1_sets import GCM, PORTS, SPIS, Dice, sa_set
from tests.insides import insides
from tests.unit.backends.userspace.engines import GMAC, Gm

from twopair.backends.contract import InstallError
from twopair.base import Port, Spi, Suite
from twopair.core.esp import make_transform
from twopair.core.sa import End, Spis
from twopair.wire import esp, ip


@pytest.mark.parametrize("suite", [GCM, GMAC], ids=str)
def test_repeated_iv_is_counted_and_logged_once(suite: Suite, caplog: pytest.LogCaptureFixture) -> None:
    """KEY-08: the peer's fault; its packets are authentic, and taken."""
    gm = Gm(4, suite)
    transform = make_transform(gm.set.outbound[0], Dice())
    transform._prefix = 3  # type: ignore[attr-defined] # or-ed with 1, 2 and 3 it gives the same IV
    with caplog.at_level(logging.WARNING):
        for sequence in (1, 2, 3):
            body = transform.seal(SPIS.ps, sequence, gm.up()[20:], 17)
            assert gm.pcscf.from_wire(ip.build(gm.a, gm.b, esp.ESP, body))
    assert gm.pcscf.faults == {"REPEATED_IV": 2}
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"ue": "10.0.1.300", "set_id": 2},
        {
            "ports": PORTS._replace(uc=Port(70000)),
            "set_id": 2,
            "spis": Spis(Spi(5001), Spi(5002), Spi(5003), Spi(5004)),
        },
        {"set_id": 1},
    ],
)
def test_failed_install_leaves_nothing(changes: dict[str, object]) -> None:
    """SA-01, ERR-24: whatever is wrong with the set."""
    gm = Gm()
    before = [sorted(map(repr, part)) for part in insides(gm.ue).values() if isinstance(part, dict | set)]
    with pytest.raises(InstallError):
        gm.ue.install(sa_set(End.UE, **changes))  # type: ignore[arg-type]
    assert [
        sorted(map(repr, part)) for part in insides(gm.ue).values() if isinstance(part, dict | set)
    ] == before
