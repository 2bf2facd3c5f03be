"""Figure 1 and table 4.2, message by message: ports, SA and SPI of SM1 to SM12 and of what follows.

Ladder of a registration over TCP, UE left, P-CSCF right; over UDP SM12 comes on SA2-dn instead::

    SM1  REGISTER   any     > 5060      clear
    SM6  401        5060    > any       clear
    SM7  REGISTER   port_uc > port_ps   SA1-up   spi_ps
    SM12 200        port_ps > port_uc   SA1-dn   spi_uc
"""

from itertools import pairwise

import pytest
from tests.story.network import Network, Seen, facts

from twopair.base import Port, Transport
from twopair.core.sa import ARROWS, End, SaSet
from twopair.core.sa.figure1 import SELECTORS
from twopair.core.secagree import Offer
from twopair.nodes.facts import MessageAnswered, MessageReceived, Refused, Registered, SetStage
from twopair.nodes.wishes import Deregister, Register, SendMessage
from twopair.sim import Kind, Packet
from twopair.wire.sip import NameAddr, Request, SipUri

CLEAR = ("REGISTER", "any", "5060", None), ("401", "5060", "any", None)
UP = "port_uc", "port_ps", "SA1-up"
ANSWER_DOWN = {
    Transport.UDP: ("port_pc", "port_us", "SA2-dn"),
    Transport.TCP: ("port_ps", "port_uc", "SA1-dn"),
}
DOWN = "port_pc", "port_us", "SA2-dn"
ANSWER_UP = {Transport.UDP: UP, Transport.TCP: ("port_us", "port_pc", "SA2-up")}

EVERY_WAY = pytest.mark.parametrize(
    ("transport", "ip"),
    [(transport, ip) for transport in Transport for ip in (4, 6)],
    ids=lambda value: value.value if isinstance(value, Transport) else f"IPv{value}",
)


def registered(transport: Transport, ip: int = 4) -> Network:
    net = Network(transport, ip=ip)
    for number in (1, 2):
        net.wish(net.ue(number), Register())
    assert len(facts(net.pcscf, Registered)) == 2
    return net


def rows(seen: list[Seen]) -> list[tuple[str, str, str, str | None]]:
    return [one.row for one in seen]


# SM1 .. SM12


@EVERY_WAY
def test_registration(transport: Transport, ip: int) -> None:
    """Table 4.2, FLOW-01, FLOW-04, FLOW-06, MSG-01, MSG-09: SM7 and SM12 are in the new set."""
    net = Network(transport, ip=ip)
    net.wish(net.ue(1), Register())
    sm1, sm6, sm7, sm12 = net.gm()
    assert rows([sm1, sm6, sm7, sm12]) == [*CLEAR, ("REGISTER", *UP), ("200", *ANSWER_DOWN[transport])]
    assert {one.transport for one in net.gm()} == {transport}
    assert sm6.raw.flow == sm1.raw.flow.mirrored()
    (sa_set,) = net.installed
    assert [fact.impi for fact in facts(net.ue(1), Registered)] == [sa_set.impi]
    assert sm7.raw.spi == sa_set.spis.ps
    assert sm12.raw.spi == (sa_set.spis.us if transport is Transport.UDP else sa_set.spis.uc)


@EVERY_WAY
def test_what_was_agreed_is_what_was_installed(transport: Transport, ip: int) -> None:
    """AGR-03, AGR-24, SA-01, SA-18: SPIs and ports of the set are those of Security-Client and -Server."""
    net = Network(transport, ip=ip)
    net.wish(net.ue(1), Register())
    sm1, sm6, sm7, _ = net.gm()
    (at_ue,) = net.ue(1).sets.values()
    (at_pcscf,) = net.pcscf.sets.values()
    for name in ("ue", "pcscf", "ports", "spis", "suite", "keys", "impi"):
        assert getattr(at_ue, name) == getattr(at_pcscf, name)
    client = Offer.parse(sm1.message.get_all("Security-Client"))
    server = Offer.parse(sm6.message.get_all("Security-Server"))
    assert isinstance(client, Offer)
    assert isinstance(server, Offer)
    offered, served = client.terms, server.terms
    assert offered is not None
    assert served is not None
    assert at_ue.ports == (offered.port_c, offered.port_s, served.port_c, served.port_s)
    assert at_ue.spis == (offered.spi_c, offered.spi_s, served.spi_c, served.spi_s)
    assert sm7.message.get_all("Security-Client") == sm1.message.get_all("Security-Client")
    assert sm7.message.get_all("Security-Verify") == sm6.message.get_all("Security-Server")


@EVERY_WAY
def test_the_installed_selectors_are_those_of_the_paper(transport: Transport, ip: int) -> None:
    """Paper §3.1: eight selectors, four at each end, the same for UDP and TCP (SA-01)."""
    net = Network(transport, ip=ip)
    net.wish(net.ue(1), Register())
    ends: dict[End, SaSet] = {
        End.UE: next(iter(net.ue(1).sets.values())),
        End.PCSCF: next(iter(net.pcscf.sets.values())),
    }
    for side in SELECTORS:
        sa_set, pair = ends[side.end], ends[side.end].pair(side.pair)
        for sa, ports in ((pair.outbound, side.outbound), (pair.inbound, side.inbound)):
            wanted = sa_set.endpoint(ports.src), sa_set.endpoint(ports.dst)
            selector = sa.selector
            assert ((selector.src, selector.src_port), (selector.dst, selector.dst_port)) == wanted


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_sm6_waits_for_the_set(transport: Transport) -> None:
    """FLOW-01: when SM6 leaves, the P-CSCF has installed the set; SM7 could follow at once."""
    net = Network(transport)
    stood: list[bool] = []
    carry = net.world.carrier

    def look(packet: Packet) -> list[tuple[int, Packet]]:
        towards_ue = packet.flow.remote.address == net.plan.ues[0].config.address
        if towards_ue and packet.data.startswith(b"SIP/2.0 401"):
            stood.append(bool(net.pcscf.sets))
        return carry(packet)

    net.world.carrier = look
    net.wish(net.ue(1), Register())
    assert stood == [True]


def test_tcp_connections_of_a_registration() -> None:
    """MSG-07, table 4.2: one connection in the clear, then port_uc to port_ps, its SYN already in ESP."""
    net = Network(Transport.TCP)
    net.wish(net.ue(1), Register())
    opened = [one.row for one in net.gm(syn=True) if one.raw.kind is Kind.SYN]
    assert opened == [("SYN", "any", "5060", None), ("SYN", *UP)]


# what follows, both ways


@EVERY_WAY
def test_figure_1(transport: Transport, ip: int) -> None:
    """Figure 1: requests of the UE on SA1, requests to the UE on SA2; answers as MSG-01 tables them."""
    net = registered(transport, ip)
    start = net.world.agenda.now
    net.wish(net.ue(1), SendMessage(net.impu(2), b"hello"))
    assert rows(net.gm(start)) == [
        ("MESSAGE", *UP),
        ("MESSAGE", *DOWN),
        ("200", *ANSWER_UP[transport]),
        ("200", *ANSWER_DOWN[transport]),
    ]
    assert [one.set_number for one in net.gm(start)] == [0, 1, 1, 0]
    assert [fact.status for fact in facts(net.ue(1), MessageAnswered)] == [200]
    assert [fact.body for fact in facts(net.ue(2), MessageReceived)] == [b"hello"]


@EVERY_WAY
def test_a_request_from_the_network(transport: Transport, ip: int) -> None:
    """NOTIFY's row of table 4.2, with MESSAGE: over TCP on a connection that the P-CSCF opens."""
    net = registered(transport, ip)
    start = net.world.agenda.now
    net.wish(net.home, SendMessage(net.impu(1), b"welcome"))
    expected: list[tuple[str, ...]] = [("MESSAGE", *DOWN), ("200", *ANSWER_UP[transport])]
    if transport is Transport.TCP:
        expected.insert(0, ("SYN", *DOWN))
    assert rows(net.gm(start, syn=True)) == expected


@EVERY_WAY
def test_which_sas_carry_traffic(transport: Transport, ip: int) -> None:
    """MSG-01: with UDP only SA1-up and SA2-dn, with TCP all four; TMR of ESP counters, nothing dropped."""
    net = registered(transport, ip)
    net.wish(net.ue(1), SendMessage(net.impu(2), b"one"))
    net.wish(net.ue(2), SendMessage(net.impu(1), b"two"))
    used = {"SA1-up", "SA2-dn"} if transport is Transport.UDP else {arrow.name for arrow in ARROWS}
    for host in (net.ue(1), net.ue(2), net.pcscf):
        counters = list(host.backend.query())
        assert {sa.name for sa in counters if sa.packets} == used
        assert host.backend.drops() == {}
        assert facts(host, Refused) == []


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_only_sm1_and_sm6_are_in_the_clear(transport: Transport) -> None:
    """UNP-01, SA-21: from registration to de-registration nothing else on Gm is readable."""
    net = registered(transport)
    net.wish(net.ue(1), SendMessage(net.impu(2), b"hello"))
    net.wish(net.ue(1), Register())
    net.wish(net.ue(1), Deregister())
    clear = [one.row for one in net.gm() if one.sa is None]
    assert clear == [*CLEAR, *CLEAR]
    assert "unknown" not in {one.sa for one in net.gm(syn=True)}


@EVERY_WAY
def test_addresses_in_headers(transport: Transport, ip: int) -> None:
    """MSG-02, MSG-03, MSG-04, MSG-05: port_us in Via and Contact of the UE, port_ps in Via of the P-CSCF."""
    net = registered(transport, ip)
    net.wish(net.ue(1), SendMessage(net.impu(2), b"hello"))
    sm1, _, sm7, *_ = net.gm()
    first, second = net.installed
    (up, down) = [one for one in net.gm() if one.what == "MESSAGE"]
    assert sm1.message.top_via.port == sm1.raw.flow.local.port
    assert "rport" in sm1.message.top_via.params
    assert sm7.message.top_via.port == up.message.top_via.port == first.ports.us
    assert "rport" not in sm7.message.top_via.params
    contact = SipUri.parse(str(NameAddr.parse(sm7.message.get("Contact") or "").uri))
    assert (contact.host, contact.port) == (first.ue, first.ports.us)
    assert (down.message.top_via.host, down.message.top_via.port) == (second.pcscf, second.ports.ps)
    assert isinstance(down.message, Request)
    assert SipUri.parse(down.message.uri).port == second.ports.us


# re-registration


@EVERY_WAY
def test_re_registration(transport: Transport, ip: int) -> None:
    """Below table 4.2: SM1 and SM6 on the old set, SM7 and SM12 on the new; RRG-01..03, RRG-06, MGU-02."""
    net = registered(transport, ip)
    start = net.world.agenda.now
    net.wish(net.ue(1), Register())
    seen = net.gm(start)
    assert [(one.row, one.set_number) for one in seen] == [
        (("REGISTER", *UP), 0),
        (("401", *ANSWER_DOWN[transport]), 0),
        (("REGISTER", *UP), 2),
        (("200", *ANSWER_DOWN[transport]), 2),
    ]
    old, _, new = net.installed
    assert (new.ports.us, new.ports.ps) == (old.ports.us, old.ports.ps)
    assert new.ports.uc != old.ports.uc
    assert new.ports.pc != old.ports.pc
    assert not set(new.spis) & set(old.spis)
    assert new.keys != old.keys


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_after_it_the_p_cscf_follows_the_ue_and_the_old_set_goes(transport: Transport) -> None:
    """MGU-04, MGP-02, rows 3 and 5 of the event table, TMR-03, MGU-05: new requests on the new set."""
    net = registered(transport)
    net.wish(net.ue(1), Register())
    start = net.world.agenda.now
    net.wish(net.home, SendMessage(net.impu(1), b"before the UE has used it"))
    net.wish(net.ue(1), SendMessage(net.impu(2), b"now it does"))
    net.wish(net.home, SendMessage(net.impu(1), b"after"))
    requests = [one for one in net.gm(start) if one.what == "MESSAGE" and one.set_number != 1]
    assert [(one.sa, one.set_number) for one in requests] == [("SA2-dn", 0), ("SA1-up", 2), ("SA2-dn", 2)]
    net.wait(200)
    assert [sa_set.spis for sa_set in net.ue(1).sets.values()] == [net.installed[2].spis]
    assert len(net.pcscf.sets) == 2
    assert facts(net.ue(1), Refused) + facts(net.pcscf, Refused) == []


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_many_re_registrations(transport: Transport) -> None:
    """RRG-01, RRG-03, RRG-06, MGP-04: server ports stay, client ports and SPIs differ from the set before."""
    net = registered(transport)
    for _ in range(6):
        net.wish(net.ue(1), Register(), 300)
        assert len(net.pcscf.sets) <= 4
    mine = [one for one in net.installed if one.impi == net.installed[0].impi]
    assert len(mine) == 7
    assert len({(one.ports.us, one.ports.ps) for one in mine}) == 1
    for before, after in pairwise(mine):
        assert before.ports.uc != after.ports.uc
        assert before.ports.pc != after.ports.pc
        assert not set(before.spis) & set(after.spis)


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_de_registration(transport: Transport) -> None:
    """MGU-12, MGP-10: over the set, answered over the set; it is gone when the transaction is over."""
    net = registered(transport)
    start = net.world.agenda.now
    net.wish(net.ue(1), Deregister())
    assert rows(net.gm(start)) == [("REGISTER", *UP), ("200", *ANSWER_DOWN[transport])]
    assert net.ue(1).sets == {}
    net.wait(200)
    assert [one.ue for one in net.pcscf.sets.values()] == [net.plan.ues[1].config.address]
    assert Port(net.installed[0].ports.uc) not in {end.port for end in net.ue(1).bound()}


def test_stages_of_the_first_set() -> None:
    """24.229 §3.1, §5.2.2.2 row 6: temporary; with SM12 it is established and the only one, so in use."""
    net = Network()
    net.wish(net.ue(1), Register())
    for host in (net.ue(1), net.pcscf):
        stages = [fact.stage.value for fact in facts(host, SetStage)]
        assert (stages[0], stages[-1]) == ("temporary", "in use")
