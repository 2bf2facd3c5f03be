"""Re-registration message by message (RRG-01..RRG-06, RRG-11; AGR-26, AKA-08; paper §3.3).

Ladder, UE left, P-CSCF right; set 0 is the one before, set 1 the new one; over UDP SM6 and SM12 come
on SA2-dn::

    SM1  REGISTER   port_uc > port_ps   SA1-up   set 0
    SM6  401        port_ps > port_uc   SA1-dn   set 0
    SM7  REGISTER   port_uc > port_ps   SA1-up   set 1
    SM12 200        port_ps > port_uc   SA1-dn   set 1
"""

from itertools import combinations

import pytest
from tests.story.network import Network, facts
from tests.story.rekeying import in_the_clear, lives

from twopair.base import Transport
from twopair.core.sa import ARROWS, SaSet, Stage
from twopair.core.secagree import Offer, ServerList
from twopair.nodes.facts import Registered
from twopair.nodes.wishes import Register, SendMessage
from twopair.wire.sip import Credentials, NameAddr, SipUri

EVERY_WAY = pytest.mark.parametrize(
    ("transport", "ip"),
    [(transport, ip) for transport in Transport for ip in (4, 6)],
    ids=lambda value: value.value if isinstance(value, Transport) else f"IPv{value}",
)
UP = ("port_uc", "port_ps", "SA1-up")
DOWN = {
    Transport.UDP: ("port_pc", "port_us", "SA2-dn"),
    Transport.TCP: ("port_ps", "port_uc", "SA1-dn"),
}


def twice(transport: Transport, ip: int = 4) -> tuple[Network, int]:
    """One UE, registered and re-registered; and the moment between."""
    net = Network(transport, ip=ip, ues=1)
    net.wish(net.ue(1), Register())
    since = net.world.agenda.now
    net.wish(net.ue(1), Register())
    assert len(facts(net.ue(1), Registered)) == 2
    return net, since


@EVERY_WAY
def test_four_messages(transport: Transport, ip: int) -> None:
    """MGU-02, MGU-03, FLOW-04, FLOW-06: SM1 and SM6 over the old set, SM7 and SM12 over the new."""
    net, since = twice(transport, ip)
    assert [(one.row, one.set_number) for one in net.gm(since)] == [
        (("REGISTER", *UP), 0),
        (("401", *DOWN[transport]), 0),
        (("REGISTER", *UP), 1),
        (("200", *DOWN[transport]), 1),
    ]


@EVERY_WAY
def test_what_the_messages_carry(transport: Transport, ip: int) -> None:
    """AGR-24..AGR-26, AKA-08, RRG-04: new offer beside the old agreement in SM1, the new agreement in SM7."""
    net, since = twice(transport, ip)
    first = net.gm()[:4]
    sm1, sm6, sm7, sm12 = (one.message for one in net.gm(since))
    assert sm1.get_all("Security-Verify") == first[1].message.get_all("Security-Server")
    assert sm1.get_all("Security-Client") != first[2].message.get_all("Security-Client")
    assert sm7.get_all("Security-Client") == sm1.get_all("Security-Client")
    assert sm7.get_all("Security-Verify") == sm6.get_all("Security-Server")
    before, again = (Credentials.parse(m.get("Authorization") or "") for m in (first[2].message, sm1))
    assert (again.get("nonce"), again.get("response")) == (before.get("nonce"), before.get("response"))
    assert sm1.call_id == first[0].message.call_id
    assert [m.cseq.number for m in (sm1, sm7)] == [3, 4]
    assert sm12.get("Security-Server") is None


@EVERY_WAY
def test_ports_and_spis(transport: Transport, ip: int) -> None:
    """RRG-01, RRG-02, RRG-11: two ports stay, two change, all four SPIs and the keys are new."""
    net, since = twice(transport, ip)
    old, new = net.installed
    assert (old.ports.us, old.ports.ps) == (new.ports.us, new.ports.ps)
    assert old.ports.uc != new.ports.uc
    assert old.ports.pc != new.ports.pc
    assert not set(old.spis) & set(new.spis)
    assert old.keys != new.keys
    sm1, sm6 = (one.message for one in net.gm(since)[:2])
    offered = Offer.parse(sm1.get_all("Security-Client")).terms
    served = ServerList.parse(sm6.get_all("Security-Server")).terms
    assert offered is not None
    assert served is not None
    assert new.ports == (offered.port_c, offered.port_s, served.port_c, served.port_s)


@EVERY_WAY
def test_contact_and_via(transport: Transport, ip: int) -> None:
    """RRG-01, MSG-02, MSG-03: what others are told of the UE is the same before and after."""
    net, _ = twice(transport, ip)
    sent = [one.message for one in net.gm() if one.what == "REGISTER"]
    contacts = {message.get("Contact") for message in sent}
    assert len(contacts) == 1
    port = SipUri.parse(NameAddr.parse(contacts.pop() or "").uri).port
    assert port == net.installed[0].ports.us
    assert {message.top_via.port for message in sent[1:]} == {port}


def test_ports_alone_tell_the_sets_apart() -> None:
    """RRG-03, RRG-06, SA-28: no pair of ports belongs to two live sets, in either direction."""
    net, _ = twice(Transport.TCP)

    def pairs(sa_set: SaSet) -> set[tuple[int, int]]:
        return {(sa_set.ports.of(a.ports.src), sa_set.ports.of(a.ports.dst)) for a in ARROWS}

    for _round in range(6):
        alive = list(net.pcscf.sets.values())
        assert len(alive) == 2
        assert not any(pairs(one) & pairs(other) for one, other in combinations(alive, 2))
        net.wish(net.ue(1), SendMessage(net.plan.home.network, b"over the new set"))
        net.wish(net.ue(1), Register())
        net.wait(130)


@EVERY_WAY
def test_nothing_is_said_in_the_clear(transport: Transport, ip: int) -> None:
    """MGU-02, UNP-01: only the first SM1 and SM6 are."""
    net, since = twice(transport, ip)
    assert not in_the_clear(net.gm(since, syn=True))
    assert lives(net, 1) == {0: Stage.IN_USE, 1: Stage.NEWLY_ESTABLISHED}
