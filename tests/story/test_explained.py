"""Why a UE is not registered: each cause happens in the virtual world, and is named with its evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from tests.story.explained import Change, Explained, in_esp, reword

from twopair.base import Endpoint, Impi, Port, Secret
from twopair.core.aka import RECOMMENDED, Card
from twopair.core.explain import CAUSES
from twopair.core.locate import Place
from twopair.live.lab.plan import LabPlan
from twopair.nodes.orders import Dismiss
from twopair.nodes.pcscf import Limits
from twopair.nodes.ue import Device
from twopair.nodes.wishes import Deregister, Register
from twopair.sim import Packet

CLEAR_REGISTER = "REGISTER"
CHALLENGE = "SIP/2.0 401"


def same(plan: LabPlan) -> LabPlan:
    return plan


def false_card(plan: LabPlan) -> LabPlan:
    ue = plan.ues[0]
    card = replace(ue.card, keys=replace(ue.card.keys, k=Secret(bytes(16))))
    return replace(plan, ues=(replace(ue, card=card),))


def card_ahead(plan: LabPlan) -> LabPlan:
    return replace(plan, ues=(replace(plan.ues[0], seqs=(1000,) * (1 << RECOMMENDED.ind_bits)),))


def stranger(plan: LabPlan) -> LabPlan:
    return replace(plan, subscribers=(replace(plan.subscribers[0], impi=Impi("other@h")),))


def no_room(plan: LabPlan) -> LabPlan:
    return replace(plan, pcscf=replace(plan.pcscf, limits=Limits(pending_registers=0)))


def nothing(packet: Packet) -> Packet | None:
    return packet


def lost(_packet: Packet) -> None:
    return None


def damaged(packet: Packet) -> Packet:
    assert packet.mark is not None
    return packet._replace(mark=packet.mark.altered())


def other_port(packet: Packet) -> Packet:
    local = Endpoint(packet.flow.local.address, Port(packet.flow.local.port + 1))
    return packet._replace(flow=packet.flow._replace(local=local))


def bare(packet: Packet) -> Packet:
    return packet._replace(mark=None)


def clear_sm7(packet: Packet) -> Packet:
    """SM7 on the way that SM1 went."""
    if packet.mark is None or not packet.data.startswith(b"REGISTER"):
        return packet
    flow = packet.flow
    clear = flow._replace(
        local=Endpoint(flow.local.address, Port(5060)), remote=Endpoint(flow.remote.address, Port(5060))
    )
    return packet._replace(mark=None, flow=clear)


def core_is_gone(packet: Packet) -> Packet | None:
    return None if packet.flow.remote.address.startswith("10.20.0.2") else packet


def unknown_name(plan: LabPlan) -> LabPlan:
    return replace(plan, pcscf=replace(plan.pcscf, registrar=Place("icscf.home.example")))


def subscribing(plan: LabPlan) -> LabPlan:
    return replace(plan, pcscf=replace(plan.pcscf, reg_event=True))


class Trouble(NamedTuple):
    """What goes wrong, and how it is told.

    Args:
        cause: the name.
        change: made of what passes.
        plan: of the lab.
        says: part of the sentence or of the evidence.
        wait_s: until it is known.
    """

    cause: str
    change: Change
    says: str
    plan: Callable[[LabPlan], LabPlan] = same
    wait_s: float = 260


TROUBLES = {
    "wrong K": Trouble("wrong-key", nothing, "MAC in AUTN is wrong", false_card),
    "wrong RES": Trouble(
        "wrong-key", reword(r'response="\w{32}"', f'response="{"0" * 32}"', marked=True), "RES is wrong"
    ),
    "AUTS is spoilt": Trouble(
        "sqn", reword(r'auts="....', 'auts="AAAA'), "resynchronisation did not help", card_ahead
    ),
    "nobody's IMPI": Trouble("unknown-subscriber", nothing, "the core answered 403", stranger),
    "other algorithms": Trouble(
        "no-common-algorithm",
        reword(r"(?<=;)alg=[\w-]+", "alg=rot-13", start=CLEAR_REGISTER, marked=False),
        "NO_COMMON_ALGORITHM",
    ),
    "no offer": Trouble(
        "no-security-client",
        reword(r"Security-Client:[^\r]*\r\n", "", start=CLEAR_REGISTER, marked=False),
        "SECURITY_CLIENT_MISSING",
    ),
    "offer that cannot be read": Trouble(
        "no-security-client",
        reword(r"Security-Client:[^\r]*\r\n", "Security-Client: ;;;\r\n", start=CLEAR_REGISTER, marked=False),
        "MALFORMED_SECURITY",
    ),
    "ESP is lost": Trouble("sm7-never-came", in_esp(lost), "no packet at all"),
    "SM6 is lost": Trouble(
        "sm7-never-came",
        lambda p: None if p.data.startswith(b"SIP/2.0 401") and p.flow.local.address == "10.0.0.1" else p,
        "no packet at all",
    ),
    "ESP is damaged": Trouble("sm7-never-came", in_esp(damaged), "failed the integrity check"),
    "ports are changed": Trouble("sm7-never-came", in_esp(other_port), "for other ports or addresses"),
    "nothing of it is SIP": Trouble(
        "sm7-never-came", in_esp(lambda p: p._replace(data=b"hello" * 9)), "no SIP message among them"
    ),
    "SM1 is changed": Trouble(
        "tampered",
        reword("prot=esp", "prot=esp;q=0.1", start=CLEAR_REGISTER, marked=False),
        "CLIENT_MISMATCH",
    ),
    "SM7 without an offer": Trouble(
        "tampered", reword(r"Security-Client:[^\r]*\r\n", "", marked=True), "SECURITY_CLIENT_MISSING"
    ),
    "SM7 in the clear": Trouble("clear-on-protected-port", clear_sm7, "ANSWER_IN_CLEAR"),
    "ESP is taken off": Trouble("clear-on-protected-port", in_esp(bare), "in the clear to protected ports"),
    "NAT": Trouble(
        "nat-between",
        lambda p: in_esp(lost)(reword(r"(?<=UDP )10\.0\.1\.1", "192.168.7.7", start="REGISTER")(p) or p),
        "its Via says 192.168.7.7",
    ),
    "NAT that lets ESP through": Trouble(
        "nat-between", reword(r"(?<=UDP )10\.0\.1\.1", "192.168.7.7", start="REGISTER"), "SOURCE_NOT_VIA"
    ),
    "core is gone": Trouble("core-silent", core_is_gone, "CORE_SILENT"),
    "core has no name": Trouble(
        "core-not-found", nothing, "icscf.home.example: there is no such name", unknown_name, 20
    ),
    "core is busy": Trouble(
        "core-refused", reword("SIP/2.0 401 Unauthorized", "SIP/2.0 500 Busy"), "500 Busy"
    ),
    "keys stay at home": Trouble("core-without-keys", reword(r'ck="\w+",?', ""), "KEYS_MISSING"),
    "no room": Trouble("limit", nothing, "OVERLOADED", no_room),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_cause_is_named_with_its_evidence(name: str) -> None:
    trouble = TROUBLES[name]
    net = Explained(change=trouble.plan)
    net.meanwhile(trouble.change)
    net.wish(net.ue(1), Register(), trouble.wait_s)
    told = net.why()
    assert (told["cause"], told["registered"]) == (trouble.cause, False), told
    assert trouble.says in told["sentence"] + "".join(line["what"] for line in told["evidence"]), told
    assert told["evidence"]
    assert [line["at"] for line in told["evidence"]] == sorted(line["at"] for line in told["evidence"])


def registered(**changes: Any) -> Explained:
    net = Explained(**changes)
    net.wish(net.ue(1), Register())
    assert net.why()["cause"] == "registered"
    return net


def test_registered() -> None:
    """By IMPI, public identity and address; the evidence is the 200 OK and the set."""
    net = registered()
    for who in (net.impi, net.impu(1), "10.0.1.1", "::ffff:10.0.1.1"):
        told = net.why(who)
        assert (told["registered"], told["cause"], told["who"]) == (True, "registered", who)
        assert told["evidence"][0]["what"].startswith("200 OK: ")
        assert "stands, in use" in told["evidence"][-1]["what"]


def test_never_heard() -> None:
    net = registered()
    told = net.why("sip:nobody@h")
    assert (told["cause"], told["registered"], told["evidence"]) == ("never-heard", False, [])


def test_deregistered() -> None:
    net = registered()
    net.wish(net.ue(1), Deregister(), 40)
    told = net.why()
    assert (told["cause"], told["registered"]) == ("deregistered", False)
    assert told["evidence"][-1]["what"] == "the registration ended: by the user"


def test_expired() -> None:
    net = registered()
    net.meanwhile(lost)
    net.wait(700_000)
    told = net.why()
    assert (told["cause"], told["registered"]) == ("never-heard", False)  # that is a week ago
    net = registered()
    net.meanwhile(lost)
    net.wait(600_031)
    told = net.why()
    assert (told["cause"], told["registered"]) == ("expired", False)
    assert told["evidence"][-1]["what"] == "the registration ended: its SA sets have expired"


def test_the_network_ended_the_registration() -> None:
    """MGP-11: the P-CSCF subscribes, and is told."""
    net = registered(change=subscribing)
    net.wish(net.home, Dismiss(net.impi), 3)
    told = net.why()
    assert (told["cause"], told["registered"]) == ("deregistered-by-network", False)
    assert "by the network: rejected" in told["evidence"][-1]["what"]


def again(net: Explained) -> None:
    """The UE is switched off and on."""
    ue, host = net.plan.ues[0], net.ue(1)
    configs = [replace(config, retries=False) for config in ue.configs]
    card = Card(ue.card, ue.seqs)
    host.restart(Device(configs, card, net.world.entropy("ue1")).flows[0])


def test_ue_lost_its_state() -> None:
    """It is held for registered, and begins anew: until that is done, nothing reaches it."""
    net = registered()
    again(net)
    net.meanwhile(in_esp(lost))
    net.wish(net.ue(1), Register(), 20)
    told = net.why()
    assert (told["cause"], told["registered"]) == ("ue-lost-state", True)
    assert any(
        "REGISTER from 10.0.1.1, in the clear, with no answer" in line["what"] for line in told["evidence"]
    )
    net.wait(300)
    assert net.why()["cause"] == "ue-lost-state"


def test_ue_that_lost_its_state_and_is_registered_again() -> None:
    net = registered()
    again(net)
    net.wish(net.ue(1), Register(), 20)
    assert net.why()["cause"] == "registered"


def test_ports_are_offered_again() -> None:
    net = registered()
    old = net.installed[-1].ports.uc
    again(net)
    net.meanwhile(reword(r"port-c=\d+", f"port-c={old}", start=CLEAR_REGISTER, marked=False))
    net.wish(net.ue(1), Register(), 20)
    told = net.why()
    assert (told["cause"], told["registered"]) == ("ports-reused", True)
    assert "PORT_COLLISION" in told["evidence"][-1]["what"]


def from_elsewhere(packet: Packet) -> Packet | None:
    """A UE has moved to 10.0.1.9; nothing is there that ESP could be sent to."""
    if packet.mark is not None:
        return None
    flow, there = packet.flow, Endpoint("10.0.1.9", packet.flow.local.port)
    if flow.local.address == "10.0.1.1":
        data = packet.data.replace(b"UDP 10.0.1.1", b"UDP 10.0.1.9")
        return packet._replace(flow=flow._replace(local=there), data=data)
    return packet


def test_address_changed() -> None:
    """After the registration, and between the challenge and its answer."""
    net = registered()
    again(net)
    net.meanwhile(from_elsewhere)
    net.wish(net.ue(1), Register(), 20)
    told = net.why()
    assert (told["cause"], told["registered"]) == ("address-changed", True)
    assert any("REGISTER from 10.0.1.9" in line["what"] for line in told["evidence"])

    net = Explained()
    ends = net.meanwhile(in_esp(lost))
    net.wish(net.ue(1), Register(), 40)
    ends()
    again(net)
    net.meanwhile(from_elsewhere)
    net.wish(net.ue(1), Register(), 250)
    told = net.why()
    assert (told["cause"], told["registered"]) == ("address-changed", False)


def test_the_last_attempt_counts() -> None:
    """Trouble that is over is not told any more."""
    net = Explained()
    ends = net.meanwhile(core_is_gone)
    net.wish(net.ue(1), Register(), 60)
    assert net.why()["cause"] == "core-silent"
    ends()
    ends = net.meanwhile(in_esp(damaged))
    net.wish(net.ue(1), Register(), 100)
    assert net.why()["cause"] == "sm7-never-came"
    ends()
    net.wish(net.ue(1), Register(), 20)
    assert net.why()["cause"] == "registered"


def test_what_is_under_way() -> None:
    """A core that has not answered so far, and a challenge that nothing has answered so far."""
    net = Explained()
    net.meanwhile(core_is_gone)
    net.wish(net.ue(1), Register(), 3)
    told = net.why()
    assert (told["cause"], told["sentence"]) == (
        "core-silent",
        "A REGISTER is with the core, which has not answered so far.",
    )
    net = Explained()
    net.meanwhile(in_esp(damaged))
    net.wish(net.ue(1), Register(), 3)
    told = net.why()
    assert told["cause"] == "sm7-never-came"
    assert "failed the integrity check" in told["evidence"][-1]["what"]


def test_every_cause_is_told_in_a_story() -> None:
    by_hand = {
        *("registered", "never-heard", "deregistered", "deregistered-by-network", "expired"),
        *("ue-lost-state", "ports-reused", "address-changed"),
    }
    told = {trouble.cause for trouble in TROUBLES.values()} | by_hand
    assert told == {cause.name for cause in CAUSES} - {"refused-otherwise"}
