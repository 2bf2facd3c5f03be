"""A call outlives five re-registrations of both ends, and nobody learns a new port (paper §2.2, §3.3)."""

import pytest
from tests.story.network import Network, facts
from tests.story.rekeying import calls, in_the_clear, lives, registered, stages

from twopair.base import Transport
from twopair.core.sa import Stage
from twopair.nodes.facts import CallStage, MessageAnswered, MessageReceived, Refused
from twopair.nodes.wishes import Answer, Call, HangUp, Register, Say
from twopair.wire.sip import Message, NameAddr, SipUri, parse

TRANSPORTS = pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
TIMES = 5
PORTS = ("Contact", "Record-Route", "Route", "Via", "Path", "Service-Route")


def the_call(transport: Transport, pause_s: float = 1) -> Network:
    """Call, five times (both re-register, both say something), hang up."""
    net = registered(transport)
    net.wish(net.ue(1), Call(net.impu(2), transport=transport))
    net.wish(net.ue(2), Answer())
    for _ in range(TIMES):
        for number in (1, 2):
            net.wish(net.ue(number), Register(), wait_s=pause_s)
        for number in (1, 2):
            net.wish(net.ue(number), Say(b"still there?"))
    net.wish(net.ue(2), HangUp())
    return net


@TRANSPORTS
@pytest.mark.parametrize("pause_s", [1, 100, 200])
def test_the_call_lives_on(transport: Transport, pause_s: float) -> None:
    """RRG-01, RRG-10: INVITE, 200, ACK, ten MESSAGEs inside, BYE, whether old sets have drained or not."""
    net = the_call(transport, pause_s)
    assert [call.stage for call in calls(net, 1)][-2:] == [CallStage.UP, CallStage.ENDED]
    assert [call.stage for call in calls(net, 2)][-3:] == [CallStage.UP, CallStage.ENDING, CallStage.ENDED]
    for number in (1, 2):
        assert [fact.status for fact in facts(net.ue(number), MessageAnswered)] == [200] * TIMES
        assert len(facts(net.ue(number), MessageReceived)) == TIMES
    assert not any(facts(host, Refused) for host in (*net.ues, net.pcscf, net.home))
    assert len(in_the_clear(net.gm())) == 4  # SM1 and SM6 of the two first registrations


@TRANSPORTS
def test_no_remote_entity_learns_a_new_port(transport: Transport) -> None:
    """Paper §3.3: whatever names a UE to others, in any message behind its P-CSCF, has the one port_us."""
    net = the_call(transport)
    first = {s.ue: s.ports.us for s in net.installed}
    client = {s.ports.uc for s in net.installed} | {s.ports.pc for s in net.installed}
    named: set[tuple[str, int | None]] = set()
    begin = next(packet.time for packet in net.world.on("core") if packet.data.startswith(b"INVITE"))
    for packet in net.world.on("core"):
        if packet.time < begin:  # SM2 of a first registration has the unprotected port in Via
            continue
        named |= ends_named(parse(packet.data))
    assert {(host, port) for host, port in named if host in first} == set(first.items())
    assert not client & {port for _, port in named}
    assert len(net.installed) == 2 + 2 * TIMES
    assert len(client) > TIMES


@TRANSPORTS
def test_what_a_peer_is_told_stays_the_same(transport: Transport) -> None:
    """RRG-01, MSG-03, MSG-04: in dialog requests the Request-URI and Route never change."""
    net = the_call(transport)
    for sender in (1, 2):
        address = net.plan.ues[sender - 1].config.address
        sent = [one for one in net.gm() if one.what == "MESSAGE" and one.raw.flow.local.address == address]
        assert len({one.set_number for one in sent}) == TIMES
        assert len({(one.message.uri, tuple(one.message.get_all("Route"))) for one in sent}) == 1  # type: ignore[union-attr]


def test_sets_come_and_go_meanwhile() -> None:
    """SA-01, MGP-04, MGU-05: never more than three at either end; in the end one, or two while one drains."""
    net = the_call(Transport.TCP)
    for host in (*net.ues, net.pcscf):
        alive: dict[int, Stage] = {}
        most = 0
        for set_id, stage in stages(host):
            alive[set_id] = stage
            if stage is Stage.DELETED:
                del alive[set_id]
            most = max(most, len(alive))
        assert most <= 3 * (2 if host is net.pcscf else 1)
    net.wait(200)
    assert [len(host.sets) for host in net.ues] == [1, 1]
    assert [list(lives(net, number).values()) for number in (1, 2)] == [[Stage.IN_USE]] * 2


def ends_named(message: Message) -> set[tuple[str, int | None]]:
    """Every host and port that a message names as a place to send to."""
    found: set[tuple[str, int | None]] = set()
    for header in PORTS:
        for value in message.values(header):
            if header == "Via":
                host, _, port = value.split(" ", 1)[1].partition(";")[0].rpartition(":")
                found.add((host, int(port)))
            else:
                uri = SipUri.parse(NameAddr.parse(value).uri)
                found.add((uri.host, uri.port))
    if uri_text := getattr(message, "uri", ""):
        uri = SipUri.parse(uri_text)
        found.add((uri.host, uri.port))
    return found
