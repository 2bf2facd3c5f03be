"""Sets in and out of back ends that keep their own SAD: entries come with packets, and go with their set."""

import pytest
from tests.figure1_sets import CBC, GCM, PCSCF, PORTS, SPIS, UE, Dice, sa_set
from tests.insides import insides
from tests.unit.backends.userspace.engines import Gm, entries

from twopair.backends.contract import InstallError
from twopair.backends.memory import MemoryBackend
from twopair.backends.tables import Tables
from twopair.backends.userspace.engine import Engine
from twopair.base import Endpoint, Flow, Port, Secret, Spi, Suite, Transport
from twopair.core.esp import Inbound, Outbound
from twopair.core.sa import End, Ports, Spis
from twopair.wire import ip

OTHER_PORTS = Ports(uc=Port(6200), us=Port(6201), pc=Port(5066), ps=Port(5062))
OTHER_SPIS = Spis(uc=Spi(5097), us=Spi(5098), pc=Spi(9193), ps=Spi(9194))
UP = Flow(Transport.UDP, Endpoint(UE, PORTS.uc), Endpoint(PCSCF, PORTS.ps))


def everything(tables: Tables[bytes]) -> list[list[str]]:
    """All the state there is, of any name, but for the counters of what was dropped."""
    held = {name: table for name, table in insides(tables).items() if name not in ("_dropped", "_equipped")}
    held |= insides(held.pop("_claims"))
    return [sorted(map(repr, table)) for table in held.values() if isinstance(table, dict | set)]


def test_a_set_has_entries_for_the_sas_whose_packets_have_come() -> None:
    """SA-18: found by selector, and by destination and SPI; the other two SAs cost nothing so far."""
    ue, pcscf = MemoryBackend(), MemoryBackend()
    ue.install(sa_set(End.UE))
    pcscf.install(sa_set(End.PCSCF))
    assert [*ue._out, *ue._in, *pcscf._out, *pcscf._in] == []
    mark = ue.outbound(UP)
    assert pcscf.inbound(UP.mirrored(), mark) is None  # type: ignore[arg-type]
    assert [out.name for out in ue._out.values()] == ["SA1-up"]
    assert [sa.name for sa in pcscf._in.values()] == ["SA1-up"]
    assert [*ue._in, *pcscf._out] == []


def test_removal_leaves_nothing() -> None:
    """ERR-31: afterwards the tables equal those before, and no cipher has the keys (KEY-10)."""
    gm = Gm(suite=GCM)
    before = everything(gm.pcscf)
    gm.pcscf.install(sa_set(End.PCSCF, GCM, set_id=2, ports=OTHER_PORTS, spis=OTHER_SPIS))
    second = gm.pcscf._claims.of(2)
    assert second is not None
    sent, received = entries(gm.pcscf, second)
    all_four: list[Outbound | Inbound] = [*sent, *received]
    for sa in all_four:
        gm.pcscf._equip(sa)
    gm.pcscf.remove(2)
    assert everything(gm.pcscf) == before
    assert [sa.transform for sa in all_four] == [None] * 4
    gm.pcscf.remove(2)
    assert everything(gm.pcscf) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"keys": sa_set(End.UE, CBC).keys._replace(integrity=Secret(b""))},
        {"ports": OTHER_PORTS._replace(us=Port(1 << 16))},
        {"ue": "nowhere"},
        {"spis": OTHER_SPIS._replace(uc=SPIS.uc)},
    ],
)
def test_a_set_that_cannot_be_carried_out_leaves_nothing(changes: dict[str, object]) -> None:
    """SA-01: it is told when it is installed, not when its first packet comes."""
    engine = Engine(Dice())
    engine.install(sa_set(End.UE))
    before = everything(engine)
    wrong = sa_set(End.UE, set_id=2, ports=OTHER_PORTS, spis=OTHER_SPIS)._replace(**changes)  # type: ignore[arg-type]
    with pytest.raises(InstallError):
        engine.install(wrong)
    assert everything(engine) == before


def test_one_watch_for_repeated_ivs_per_set() -> None:
    """KEY-08: both inbound SAs share key and salt, so they share the watch; CBC needs none."""
    first, second = entries(Gm(suite=GCM).ue)[1]
    assert first.ivs is second.ivs is not None
    assert [sa.ivs for sa in entries(Gm(suite=CBC).ue)[1]] == [None, None]


@pytest.mark.parametrize("suite", [CBC, GCM], ids=str)
def test_only_so_many_have_ciphers(monkeypatch: pytest.MonkeyPatch, suite: Suite) -> None:
    """SA-07, KEY-08: those that got theirs last; the others get them anew, and go on with their numbers."""
    monkeypatch.setattr("twopair.backends.userspace.engine.MOST_EQUIPPED", 2)
    gm = Gm(suite=suite)
    for _ in range(3):
        for src, dst in ((PORTS.uc, PORTS.ps), (PORTS.us, PORTS.pc)):
            up = gm.up(src=src, dst=dst)
            (outer,) = gm.ue.from_host(up)
            assert gm.pcscf.from_wire(outer) == [up]
            down = ip.udp_datagram(gm.b, dst, gm.a, src, b"200 OK")
            (outer,) = gm.pcscf.from_host(down)
            assert gm.ue.from_wire(outer) == [down]
            assert gm.pcscf.from_wire(outer) == []
    made: list[Outbound | Inbound] = [*gm.pcscf._out.values(), *gm.pcscf._in.values()]
    equipped = [sa for sa in made if sa.transform is not None]
    assert len(equipped) == 2
    assert {(sa.name, sa.packets) for sa in gm.pcscf.query()} == {
        (name, 3) for name in ("SA1-up", "SA1-dn", "SA2-dn", "SA2-up")
    }
