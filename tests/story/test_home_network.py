"""UEs, P-CSCF and home network in the virtual world: registration, messages, failures of AKA."""

from typing import TypeVar

import pytest
from tests.unit.nodes.homenet.core_side import ALICE, BOB, DOMAIN, IMSI_1, IMSI_2, KEYS, subscriber

from twopair.base import Endpoint, Impu, Port, Refusal, Secret, Transport, seconds
from twopair.core.aka import AkaKeys, Card, CardProfile
from twopair.nodes.facts import (
    Deregistered,
    MessageAnswered,
    MessageReceived,
    Refused,
    Registered,
    RegistrationFailed,
    Resynchronised,
)
from twopair.nodes.homenet import HomeConfig, HomeNetwork, MemoryStore
from twopair.nodes.pcscf import Pcscf, PcscfConfig
from twopair.nodes.ue import UeConfig, UserEquipment
from twopair.nodes.wishes import Deregister, Register, SendMessage
from twopair.sim import Host, World

ECHO = Impu(f"sip:echo@{DOMAIN}")
AT_HOME, AT_PCSCF = Endpoint("10.20.0.2", Port(5060)), Endpoint("10.20.0.1", Port(5060))


Fact = TypeVar("Fact")


class Lab:
    """Two UEs behind one P-CSCF, and their home network."""

    def __init__(self, transport: Transport, keys_of_ue1: AkaKeys = KEYS) -> None:
        self.world = world = World()
        self.store = MemoryStore([subscriber(IMSI_1, ALICE), subscriber(IMSI_2, BOB)])
        home = HomeNetwork(HomeConfig(DOMAIN, AT_HOME.address), self.store, world.entropy("home"))
        self.home = world.add("home", home, {AT_HOME.address: "core"})
        config = PcscfConfig("pcscf", DOMAIN, ("10.10.0.1",), AT_PCSCF, AT_HOME)
        pcscf = Pcscf(config, world.entropy("pcscf"))
        self.pcscf = world.add("pcscf", pcscf, {"10.10.0.1": "gm", AT_PCSCF.address: "core"})
        self.ue1 = self.ue("ue1", IMSI_1, "10.10.1.1", transport, keys_of_ue1)
        self.ue2 = self.ue("ue2", IMSI_2, "10.10.1.2", transport, KEYS)

    def ue(self, name: str, imsi: str, address: str, transport: Transport, keys: AkaKeys) -> Host:
        config = UeConfig(address, Endpoint("10.10.0.1", Port(5060)), transport, retries=False)
        card = Card(CardProfile.from_imsi(imsi, keys))
        return self.world.add(name, UserEquipment(config, card, self.world.entropy(name)), {address: "gm"})

    def wish(self, host: Host, wish: Register | Deregister | SendMessage) -> None:
        host.later(wish)
        self.world.run(at_most=seconds(5))


def facts(host: Host, kind: type[Fact]) -> list[Fact]:
    return [fact for _, fact in host.facts if isinstance(fact, kind)]


@pytest.fixture(params=Transport, ids=lambda t: t.value)
def lab(request: pytest.FixtureRequest) -> Lab:
    """Both UEs are registered."""
    lab = Lab(request.param)
    for ue in (lab.ue1, lab.ue2):
        lab.wish(ue, Register())
        assert len(facts(ue, Registered)) == 1
    return lab


def test_all_three_agree_on_the_registration(lab: Lab) -> None:
    """SM1 to SM12; PCS-07, UEP-06."""
    told = [
        fact.associated for host in (lab.ue1, lab.pcscf, lab.home) for fact in facts(host, Registered)[:1]
    ]
    assert told == [(ALICE,)] * 3


def test_messages_in_both_directions(lab: Lab) -> None:
    """24.229 §5.4.3.2, §5.4.3.3: UE, P-CSCF, home network, P-CSCF, UE, and the answers back."""
    for sender, receiver, to, other in (
        (lab.ue1, lab.ue2, BOB, ALICE),
        (lab.ue2, lab.ue1, ALICE, BOB),
    ):
        lab.wish(sender, SendMessage(to, b"hello"))
        assert [fact.status for fact in facts(sender, MessageAnswered)] == [200]
        assert [(fact.sender, fact.body) for fact in facts(receiver, MessageReceived)] == [(other, b"hello")]


def test_the_network_reaches_a_ue_at_its_server_port(lab: Lab) -> None:
    """Paper §3.1, MSG-01: on both transports from port_pc to port_us, inside SA2-dn."""
    lab.wish(lab.home, SendMessage(ALICE, b"from the network"))
    assert [fact.status for fact in facts(lab.home, MessageAnswered)] == [200]
    (received,) = facts(lab.ue1, MessageReceived)
    (sa_set,) = lab.ue1.sets.values()
    assert received.flow.local.port == sa_set.ports.us
    assert received.flow.remote.port == sa_set.ports.pc


def test_echo(lab: Lab) -> None:
    lab.wish(lab.ue1, SendMessage(ECHO, b"anybody there?"))
    assert [fact.status for fact in facts(lab.ue1, MessageAnswered)] == [200]
    assert [(fact.sender, fact.body) for fact in facts(lab.ue1, MessageReceived)] == [
        (ECHO, b"anybody there?")
    ]


@pytest.mark.parametrize(("to", "status"), [(BOB, 480), (Impu(f"sip:nobody@{DOMAIN}"), 404)])
def test_a_user_who_is_not_there(lab: Lab, to: Impu, status: int) -> None:
    """24.229 §5.3.2.1, §5.4.3.3."""
    lab.wish(lab.ue2, Deregister())
    assert len(facts(lab.home, Deregistered)) == 1
    lab.wish(lab.ue1, SendMessage(to, b"hello"))
    assert [fact.status for fact in facts(lab.ue1, MessageAnswered)] == [status]


def test_messages_after_a_re_registration(lab: Lab) -> None:
    """RRG-01: the contact and the path stay, so the other side notices nothing."""
    lab.wish(lab.ue2, Register())
    assert len(facts(lab.home, Registered)) == 3
    lab.wish(lab.ue1, SendMessage(BOB, b"still there?"))
    assert [fact.status for fact in facts(lab.ue1, MessageAnswered)] == [200]


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_a_card_out_of_step_resynchronises(transport: Transport) -> None:
    """AKA-16, AKA-17, AKA-21, INT-07: the HSS lost its counter; AUTS, another challenge, registered."""
    lab = Lab(transport)
    lab.wish(lab.ue1, Register())
    lab.store.save_sqn(subscriber(IMSI_1).impi, 0)
    lab.wish(lab.ue1, Register())
    assert len(facts(lab.ue1, Registered)) == 2
    assert len(facts(lab.home, Resynchronised)) == 1
    assert facts(lab.home, Refused) == []


@pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
def test_a_card_with_another_key_takes_the_network_for_false(transport: Transport) -> None:
    """AKA-20, ERR-03: nobody is registered and no SA set is left."""
    lab = Lab(transport, AkaKeys(Secret(b"K" * 16), opc=KEYS.opc))
    lab.wish(lab.ue1, Register())
    assert [fact.status for fact in facts(lab.ue1, RegistrationFailed)] == [403]
    assert [fact.refusal for fact in facts(lab.home, Refused)] == [Refusal.CHALLENGE_REJECTED]
    assert not facts(lab.home, Registered)
    lab.world.run(at_most=seconds(300))
    assert (lab.ue1.sets, lab.pcscf.sets) == ({}, {})
