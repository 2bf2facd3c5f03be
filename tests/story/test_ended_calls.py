"""Calls ended while they begin, by both ends at once, or by a UE that leaves (RFC 3261 §9, §14, §15)."""

from collections.abc import Callable, Sequence

import pytest
from tests.story.network import Network, facts
from tests.story.rekeying import calls
from tests.story.test_session_timers import _answers, call, last, lose, requests, rewrite, statuses, up

from twopair.base import Micros, Transport, Woke, seconds
from twopair.nodes.facts import CallChanged, CallStage, Deregistered, MessageAnswered, Refused
from twopair.nodes.ue import UserEquipment
from twopair.nodes.ue.session import On, State
from twopair.nodes.wishes import Answer, Call, Deregister, HangUp, Register, SendMessage
from twopair.sim import Packet

TRANSPORTS = pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
S = CallStage


def registered(transport: Transport) -> Network:
    net = Network(transport)
    for number in (1, 2):
        net.wish(net.ue(number), Register())
    return net


def ringing(transport: Transport) -> Network:
    """UE 1 calls UE 2, where it rings."""
    net = registered(transport)
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    assert [last(net, number).stage for number in (1, 2)] == [S.RINGING, S.RINGING]
    return net


def at_rest(net: Network) -> None:
    """Both calls have ended, by everybody's knowledge, and nothing is left of them."""
    net.wait(400)
    for number in (1, 2):
        assert last(net, number).stage is S.ENDED
        assert last(net, number).lost is None
        node = net.ue(number).node
        assert isinstance(node, UserEquipment)
        assert node.transactions == 0


def hold_back(net: Network, method: str, until: Callable[[Packet], bool]) -> None:
    """Requests of a method wait on Gm until such a packet has passed."""
    carry = net.world.carrier
    held: list[Packet] = []

    def change(packet: Packet):  # type: ignore[no-untyped-def]
        if until(packet):
            net.world.carrier = carry
            found = carry(packet)
            late = [(delay + 50_000, one) for waiting in held for delay, one in carry(waiting)]
            return [*found, *late]
        if packet.data.startswith(method.encode()):
            held.append(packet)
            return []
        return carry(packet)

    net.world.carrier = change


# -- hangup while it begins --------------------------------------------------------------------------


@TRANSPORTS
@pytest.mark.parametrize("after_s", [0, 0.001, 0.003, 0.01, 0.05, 0.3, 1])
def test_hung_up_at_any_moment(transport: Transport, after_s: float) -> None:
    """RFC 3261 §9.1: whatever has been heard by then, the call is cancelled at both ends."""
    net = registered(transport)
    net.wish(net.ue(1), Call(net.impu(2)), after_s)
    net.wish(net.ue(1), HangUp())
    assert last(net, 1).status == 487
    assert all(fact.status in (0, 487) for fact in facts(net.ue(2), CallChanged))
    if calls(net, 2):
        at_rest(net)


def test_the_cancel_waits_for_the_first_answer_of_any_kind() -> None:
    """RFC 3261 §9.1: 100 is enough, and a CANCEL goes though nothing comes after it."""
    net = registered(Transport.UDP)
    lose(net, lambda packet: packet.data.startswith(b"SIP/2.0 180") or b"INVITE sip:" in _to(net, 2, packet))
    net.wish(net.ue(1), Call(net.impu(2)), 0.1)
    net.wish(net.ue(1), HangUp(), 0.05)
    assert not requests(net, 1, "CANCEL")  # nothing was heard: the P-CSCF says 100 after 200 ms
    net.wait(1)
    assert len(requests(net, 1, "CANCEL")) == 1
    net = registered(Transport.UDP)
    lose(net, lambda packet: b"INVITE sip:" in _to(net, 2, packet))
    net.wish(net.ue(1), Call(net.impu(2)), 1)  # 100 has come already
    net.wish(net.ue(1), HangUp(), 0.05)
    assert len(requests(net, 1, "CANCEL")) == 1


def _to(net: Network, number: int, packet: Packet) -> bytes:
    return packet.data if packet.flow.remote.address == net.plan.ues[number - 1].config.address else b""


def test_nobody_has_heard_of_it() -> None:
    """RFC 3261 §17.1.1.2: without any answer there is nothing to cancel; the INVITE times out."""
    net = registered(Transport.UDP)
    lose(net, lambda _packet: True)
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    net.wish(net.ue(1), HangUp(), 150)
    assert not requests(net, 1, "CANCEL")
    assert (last(net, 1).stage, last(net, 1).status) == (S.ENDED, 408)


def test_nobody_answers_and_the_proxies_have_forgotten_it() -> None:
    """RFC 3261 §17.1.1.2: an INVITE that was heard has no timer; the caller gives up after 240 s."""
    net = registered(Transport.UDP)
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    assert last(net, 1).stage is S.RINGING
    lose(net, lambda _packet: True)
    net.wait(238)
    assert last(net, 1).stage is S.RINGING
    net.wait(140)
    assert (last(net, 1).stage, last(net, 1).status) == (S.ENDED, 408)
    node = net.ue(1).node
    assert isinstance(node, UserEquipment)
    assert node.transactions == 0


@TRANSPORTS
def test_cancel_and_200_cross(transport: Transport) -> None:
    """RFC 3261 §9.1, §15: the 200 counts, is acknowledged, and the call ends by BYE."""
    net = ringing(transport)
    net.ue(2).later(Answer())
    net.ue(1).later(HangUp())
    net.wait(5)
    assert requests(net, 1, "BYE") or requests(net, 1, "CANCEL")
    at_rest(net)
    assert not facts(net.ue(1), Refused)


@TRANSPORTS
def test_a_cancel_that_comes_late(transport: Transport) -> None:
    """RFC 3261 §9.2: it has no effect on an INVITE that is answered; 200, ACK, BYE."""
    net = ringing(transport)
    hold_back(net, "CANCEL", lambda packet: packet.data.startswith(b"ACK"))
    net.ue(1).later(HangUp())
    net.wish(net.ue(2), Answer(), 5)
    assert statuses(net, 2, "INVITE") == [180, 200]
    assert len(requests(net, 1, "BYE")) == 1
    at_rest(net)


def test_a_bye_waits_for_the_ack() -> None:
    """RFC 3261 §15: who is called sends no BYE before the ACK to its 200 has come."""
    net = ringing(Transport.UDP)
    carry = net.world.carrier
    lose(net, lambda packet: packet.data.startswith(b"ACK"))
    net.wish(net.ue(2), Answer(), 1)
    net.wish(net.ue(2), HangUp(), 3)
    assert last(net, 2).stage is S.ENDING
    assert not requests(net, 2, "BYE")
    net.world.carrier = carry
    net.wait(5)
    assert len(requests(net, 2, "BYE")) == 1
    at_rest(net)


def test_a_bye_goes_though_no_ack_comes() -> None:
    """RFC 3261 §13.3.1.4: after 64 * T1."""
    net = ringing(Transport.UDP)
    lose(net, lambda packet: packet.data.startswith(b"ACK"))
    net.wish(net.ue(2), Answer(), 1)
    net.wish(net.ue(2), HangUp(), 140)
    assert len(requests(net, 2, "BYE")) == 1
    at_rest(net)


@TRANSPORTS
def test_both_hang_up(transport: Transport) -> None:
    """RFC 3261 §15.1: BYE crosses BYE; each is answered 200, and neither end thinks the call lost."""
    net = up(transport)
    net.ue(1).later(HangUp())
    net.ue(2).later(HangUp())
    net.wait(5)
    for number in (1, 2):
        assert len(requests(net, number, "BYE")) == 1
        assert statuses(net, number, "BYE") == [200]
    at_rest(net)


# -- the UE leaves -----------------------------------------------------------------------------------


def to_up(net: Network) -> None:
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    net.wish(net.ue(2), Answer(), 1)


def to_ringing(net: Network) -> None:
    net.wish(net.ue(1), Call(net.impu(2)), 1)


def to_calling(net: Network) -> None:
    net.wish(net.ue(1), Call(net.impu(2)), 0)


LEAVING: Sequence[tuple[Callable[[Network], None], int, str]] = (
    (to_up, 1, "BYE"),
    (to_up, 2, "BYE"),
    (to_ringing, 1, "CANCEL"),
    (to_ringing, 2, ""),
    (to_calling, 1, "CANCEL"),
)


@TRANSPORTS
@pytest.mark.parametrize(("come_to", "number", "method"), LEAVING)
def test_deregister_releases_calls_first(
    transport: Transport, come_to: Callable[[Network], None], number: int, method: str
) -> None:
    """MGU-12: BYE, CANCEL or 603, answered; then REGISTER. The other end knows, and still stands."""
    net = registered(transport)
    come_to(net)
    since = net.world.agenda.now
    net.wish(net.ue(number), Deregister(), 10)
    sent = [one.message.cseq.method for one in net.gm(since) if one.what in ("REGISTER", method)]
    assert "REGISTER" in sent
    assert not method or sent.index(method) < sent.index("REGISTER")
    assert len(facts(net.ue(number), Deregistered)) == 1
    assert not net.ue(number).sets
    for each in (1, 2):
        if calls(net, each):
            assert (last(net, each).stage, last(net, each).lost) == (S.ENDED, None)
    if come_to is to_ringing and number == 2:
        assert last(net, 1).status == 603


@TRANSPORTS
@pytest.mark.parametrize(("come_to", "number", "method"), LEAVING)
def test_deregister_does_not_wait_for_ever(
    transport: Transport, come_to: Callable[[Network], None], number: int, method: str
) -> None:
    """MGU-12: the other end is silent; 4 s later the UE leaves, and what was not answered is said."""
    net = registered(transport)
    come_to(net)
    lose(net, lambda packet: method.encode() in packet.data[:6] if method else False)
    since = net.world.agenda.now
    net.wish(net.ue(number), Deregister(), 10)
    left = [at for at, fact in net.ue(number).facts if isinstance(fact, Deregistered)]
    assert len(left) == 1
    assert left[0] - since <= seconds(5)
    told = last(net, number)
    assert told.stage is S.ENDED
    assert (told.lost is not None) == (method == "BYE")
    node = net.ue(number).node
    assert isinstance(node, UserEquipment)
    net.wait(2000)  # the other end has noticed, too
    assert node.transactions == 0
    net.wish(net.ue(number), Register())
    net.wish(net.ue(number), Call(net.impu(3 - number)), 1)
    assert last(net, number).stage is S.RINGING


def test_who_leaves_takes_no_calls() -> None:
    """MGU-12: 480 while calls are released; who changes his mind is there again."""
    net = up()
    lose(net, lambda packet: packet.data.startswith(b"BYE"))
    net.wish(net.ue(1), Deregister(), 1)
    node = net.ue(1).node
    assert isinstance(node, UserEquipment)
    assert node._calls.closing
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    assert last(net, 1).status == 486  # the call that ends is one
    net.wish(net.ue(1), Register(), 10)
    assert not node._calls.closing
    assert not facts(net.ue(1), Deregistered)


# -- a registration that goes ------------------------------------------------------------------------


@TRANSPORTS
@pytest.mark.parametrize("come_to", [to_up, to_ringing])
@pytest.mark.parametrize("number", [1, 2])
def test_a_call_is_lost_with_its_registration(
    transport: Transport, come_to: Callable[[Network], None], number: int
) -> None:
    """MGU-10: no answer over the set; dialogs and transactions are stopped, and the UE registers anew."""
    net = registered(transport)
    come_to(net)
    carry, address = net.world.carrier, net.plan.ues[number - 1].config.address
    lose(net, lambda packet: address in (packet.flow.local.address, packet.flow.remote.address))
    since = net.world.agenda.now
    net.wish(net.ue(number), Register(), 0)
    assert net.until(lambda: any(isinstance(f, Deregistered) for _, f in net.ue(number).facts), 200)
    told = last(net, number)
    assert told.stage is S.ENDED
    assert told.lost is not None
    assert "no answer over the SA set" in told.lost.why
    assert told.lost.silent_s >= (net.world.agenda.now - since) // seconds(1)
    net.world.carrier = carry
    net.wait(2000)
    assert last(net, 3 - number).stage is S.ENDED
    for each in (1, 2):
        node = net.ue(each).node
        assert isinstance(node, UserEquipment)
        assert node.transactions == 0


@TRANSPORTS
def test_a_ue_that_registers_anew_gives_its_call_up(transport: Transport) -> None:
    """MGU-10, UEP-16: 494 tells that the set is no use; the call goes with it, and the other end is told."""
    net = up(transport)
    rewrite(net, net.plan.network.home, _answers("MESSAGE", 494))
    net.wish(net.ue(1), SendMessage(net.impu(2), b"x"), 10)
    assert [fact.status for fact in facts(net.ue(1), MessageAnswered)] == [494]
    told = last(net, 1)
    assert told.lost is not None
    assert told.lost.why == "the UE has registered anew"
    assert last(net, 2).stage is S.ENDED


# -- refreshes that cross ----------------------------------------------------------------------------


def by_re_invite(transport: Transport) -> Network:
    """A call in which both ends take the other for one that knows no UPDATE."""
    net = up(transport)
    for number in (1, 2):
        call(net, number).updates = False
    return net


@TRANSPORTS
def test_re_invites_cross(transport: Transport) -> None:
    """RFC 3261 §14.1, §14.2: 491 to both; the caller waits 2.1 to 4 s, the called end 2 s at most."""
    net = by_re_invite(transport)
    now = net.world.agenda.now
    for number in (1, 2):
        session = call(net, number).session
        session.agree(90, Micros(now - seconds(45)), ours=True)
        assert session.due(now) is On.DUE
        net.ue(number).later(Woke())
    net.wait(30)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
    answers = statuses(net, 1, "INVITE") + statuses(net, 2, "INVITE")
    assert answers.count(491) == 2
    assert {call(net, number).session.state for number in (1, 2)} == {State.REFRESHER, State.WATCHER}
