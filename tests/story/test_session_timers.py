"""Session timers over Gm and through the home network: refreshed, and lost at both ends (RFC 4028)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from tests.story.network import Network, facts
from tests.unit.nodes.ue.test_messages import registered

from twopair.base import Impu, Transport, seconds
from twopair.core.sa import Stage
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import CallChanged, CallStage, MessageAnswered, Refused
from twopair.nodes.ue import UserEquipment
from twopair.nodes.ue.session import State
from twopair.nodes.wishes import Answer, Call, HangUp, Register, Say
from twopair.sim import Packet
from twopair.wire.sip import Message, Request, Response, parse

TRANSPORTS = pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
SHORT = 90
S = CallStage


def intervals(*expires_s: int, least_s: Sequence[int] = (90, 90)) -> Callable[[LabPlan], LabPlan]:
    """The session interval and the least one that each UE is configured with."""

    def change(plan: LabPlan) -> LabPlan:
        told = zip(plan.ues, expires_s, least_s, strict=True)
        ues = [
            replace(ue, config=replace(ue.config, session_expires_s=s, min_se_s=least))
            for ue, s, least in told
        ]
        return replace(plan, ues=tuple(ues))

    return change


def up(transport: Transport = Transport.UDP, change: Callable[[LabPlan], LabPlan] | None = None) -> Network:
    """UE 1 has called UE 2."""
    net = Network(transport, change=change or intervals(SHORT, SHORT))
    for number in (1, 2):
        net.wish(net.ue(number), Register())
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    net.wish(net.ue(2), Answer(), 1)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
    return net


def last(net: Network, number: int) -> CallChanged:
    return facts(net.ue(number), CallChanged)[-1]


def call(net: Network, number: int):  # type: ignore[no-untyped-def]
    node = net.ue(number).node
    assert isinstance(node, UserEquipment)
    return node._calls._call


def sent(net: Network, number: int, method: str) -> list[Message]:
    """What a UE has sent on Gm, repetitions left out: requests of a method, responses to it."""
    address = net.plan.ues[number - 1].config.address
    found = [one.message for one in net.gm() if one.raw.flow.local.address == address]
    unique = {(m.branch, m.start_line): m for m in found if m.cseq.method == method}
    return list(unique.values())


def requests(net: Network, number: int, method: str) -> list[Request]:
    return [m for m in sent(net, number, method) if isinstance(m, Request)]


def statuses(net: Network, number: int, method: str) -> list[int]:
    return [m.status for m in sent(net, number, method) if isinstance(m, Response)]


def lose(net: Network, wanted: Callable[[Packet], bool]) -> None:
    """From now on such packets are lost."""
    carry = net.world.carrier
    net.world.carrier = lambda packet: [] if wanted(packet) else carry(packet)


def rewrite(net: Network, host: str, edit: Callable[[Message], None]) -> None:
    """Have a node's messages to the core read otherwise, on a network that does not look into SAs."""
    carry = net.world.carrier

    def change(packet: Packet):  # type: ignore[no-untyped-def]
        if packet.flow.local.address == host and packet.mark is None and packet.data.strip():
            message = parse(packet.data)
            edit(message)
            packet = packet._replace(data=message.to_bytes())
        return carry(packet)

    net.world.carrier = change


def silent(net: Network, number: int) -> None:
    """A UE is switched off, without a word."""
    address = net.plan.ues[number - 1].config.address
    lose(net, lambda packet: address in (packet.flow.local.address, packet.flow.remote.address))


# -- refreshed ---------------------------------------------------------------------------------------


@TRANSPORTS
def test_the_caller_refreshes_by_update(transport: Transport) -> None:
    """RFC 4028 §7.1, §7.4, §9: what is asked for, granted, and sent at half time, for as long as it takes."""
    net = up(transport)
    (invite,) = requests(net, 1, "INVITE")
    assert (invite.get("Session-Expires"), invite.get("Min-SE")) == ("90", "90")
    assert "timer" in invite.values("Supported")
    (ok,) = [m for m in sent(net, 2, "INVITE") if isinstance(m, Response) and m.status == 200]
    assert (ok.get("Session-Expires"), ok.values("Require")) == ("90;refresher=uac", ["timer"])
    net.wait(600)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
    updates = requests(net, 1, "UPDATE")
    assert 12 <= len(updates) <= 14
    assert {u.get("Session-Expires") for u in updates} == {"90;refresher=uac"}
    assert {u.body for u in updates} == {b""}
    assert statuses(net, 2, "UPDATE") == [200] * len(updates)
    assert not requests(net, 2, "UPDATE")
    net.wish(net.ue(2), HangUp())
    assert [last(net, number).lost for number in (1, 2)] == [None, None]
    assert not any(facts(host, Refused) for host in (*net.ues, net.pcscf, net.home))


@TRANSPORTS
def test_the_called_end_refreshes_if_told_to(transport: Transport) -> None:
    """RFC 4028 §9, table 2: ``refresher=uas``; requests of the called end pass both P-CSCF ways too."""
    net = Network(transport, change=intervals(SHORT, SHORT))
    for number in (1, 2):
        net.wish(net.ue(number), Register())
    rewrite(net, net.plan.network.core, _by_uas)
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    net.wish(net.ue(2), Answer(), 1)
    net.wait(200)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
    assert not requests(net, 1, "UPDATE")
    assert statuses(net, 1, "UPDATE") == [200] * len(requests(net, 2, "UPDATE")) != []


def _by_uas(message: Message) -> None:
    if isinstance(message, Request) and message.method == "INVITE":
        message.set("Session-Expires", "90;refresher=uas")


@TRANSPORTS
def test_a_peer_without_update_is_refreshed_by_re_invite(transport: Transport) -> None:
    """RFC 4028 §7.4: the same description; 200 and ACK as of any INVITE. 488 for another description."""
    net = Network(transport, change=intervals(SHORT, SHORT))
    for number in (1, 2):
        net.wish(net.ue(number), Register())
    rewrite(net, net.plan.network.core, _without_update)
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    net.wish(net.ue(2), Answer(), 1)
    net.wait(200)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
    first, *again = requests(net, 1, "INVITE")
    assert len(again) >= 4
    assert {invite.body for invite in again} == {first.body}
    assert statuses(net, 2, "INVITE") == [180, *[200] * (1 + len(again))]
    assert len({ack.cseq.number for ack in requests(net, 1, "ACK")}) == 1 + len(again)
    assert not requests(net, 1, "UPDATE")
    assert call(net, 2).accepting is None


def _without_update(message: Message) -> None:
    if message.get("Allow") is not None:
        message.set("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS")


def test_a_caller_without_the_extension_is_refreshed_by_the_called_end() -> None:
    """RFC 4028 §9: nothing is required of it, the called end refreshes."""
    net = Network(change=intervals(SHORT, SHORT))
    for number in (1, 2):
        net.wish(net.ue(number), Register())
    rewrite(net, net.plan.network.core, _knows_nothing)
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    net.wish(net.ue(2), Answer(), 1)
    (ok,) = [m for m in sent(net, 2, "INVITE") if isinstance(m, Response) and m.status == 200]
    assert (ok.get("Session-Expires"), ok.get("Require")) == ("90;refresher=uas", None)
    assert call(net, 2).session.ours


def _knows_nothing(message: Message) -> None:
    if isinstance(message, Request) and message.method == "INVITE":
        for name in ("Supported", "Session-Expires", "Min-SE", "Allow"):
            message.remove(name)


def test_an_interval_that_is_too_small() -> None:
    """RFC 4028 §7.3, §9: 422 with Min-SE; the second INVITE asks for as much, under the same Call-ID."""
    net = up(change=intervals(SHORT, 1800, least_s=(90, 300)))
    first, second = requests(net, 1, "INVITE")
    assert statuses(net, 2, "INVITE") == [422, 180, 200]
    assert (second.get("Session-Expires"), second.get("Min-SE")) == ("300", "300")
    assert first.call_id == second.call_id
    assert [m.cseq.number for m in (first, second)] == [1, 2]
    assert [fact.stage for fact in facts(net.ue(1), CallChanged)] == [S.CALLING, S.RINGING, S.UP]
    net.wait(400)
    assert {u.get("Min-SE") for u in requests(net, 1, "UPDATE")} == {"300"}
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]


@pytest.mark.parametrize("least", ["1801", "1800", "90", "0", "many"])
def test_422_for_ever(least: str) -> None:
    """RFC 4028 §7.3: only a larger Min-SE is worth another try; the call fails with 422."""
    bench = registered()
    bench.feed(Call(Impu("sip:bob@home")))
    for _ in range(5):
        bench.answer(422, [("Min-SE", least)], to=[r for r in bench.requests if r[0].method == "INVITE"][-1])
    told = bench.facts_of(CallChanged)[-1]
    assert (told.stage, told.status) == (S.ENDED, 422)
    asked = [r.get("Session-Expires") for r, _ in bench.requests if r.method == "INVITE"]
    assert asked == ["1800", "1801"][: 1 + (least == "1801")]


def test_a_call_without_an_interval() -> None:
    """RFC 4028 §7.2: ``session_expires_s = 0`` at both ends; the call stands though nobody asks for it."""
    net = up(change=intervals(0, 0))
    assert requests(net, 1, "INVITE")[0].get("Session-Expires") is None
    assert call(net, 1).session.state is call(net, 2).session.state is State.IDLE
    net.wait(4000)
    assert not requests(net, 1, "UPDATE")
    assert last(net, 1).stage is S.UP


# -- lost --------------------------------------------------------------------------------------------


@TRANSPORTS
@pytest.mark.parametrize(("gone", "left"), [(1, 2), (2, 1)])
def test_an_end_that_is_gone(transport: Transport, gone: int, left: int) -> None:
    """RFC 4028 §10, RFC 3261 §12.2.1.2: within the interval the other end says so, and sends BYE."""
    net = up(transport)
    silent(net, gone)
    assert net.until(lambda: last(net, left).stage is S.ENDED, SHORT)
    told = last(net, left)
    assert told.lost is not None
    assert (told.status, told.peer) == (200, net.impu(gone))
    assert 55 <= told.lost.silent_s <= SHORT
    net.wait(5)
    assert requests(net, left, "BYE")
    net.wait(400)
    node = net.ue(left).node
    assert isinstance(node, UserEquipment)
    assert node.transactions == 0
    assert len([f for f in facts(net.ue(left), CallChanged) if f.stage is S.ENDED]) == 1


@TRANSPORTS
def test_both_ends_say_so_when_the_way_between_them_is_gone(transport: Transport) -> None:
    """RFC 4028 §10: a P-CSCF that is no more, or a home network: lost at both ends, whoever refreshes."""
    net = up(transport)
    lose(net, lambda _packet: True)
    net.wait(SHORT)
    words = [last(net, number).lost for number in (1, 2)]
    assert all(words)
    assert "UPDATE" in words[0].why  # type: ignore[union-attr]
    assert "other end" in words[1].why  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [408, 481])
def test_a_refresh_that_is_answered_so(status: int) -> None:
    """RFC 3261 §12.2.1.2: 408 and 481 end the dialog; BYE follows."""
    net = up()
    rewrite(net, net.plan.network.core, _answers("UPDATE", status))
    net.wait(50)
    told = last(net, 1)
    assert told.lost is not None
    assert f"UPDATE answered {status}" in told.lost.why
    assert last(net, 2).stage is S.ENDED
    assert last(net, 2).lost is None  # it was told


@pytest.mark.parametrize("status", [403, 500, 503, 488])
def test_a_refresh_that_is_refused_is_tried_again(status: int) -> None:
    """RFC 4028 §7.4: the session goes on; and ends, said at both ends, if it is never refreshed."""
    net = up()
    carry = net.world.carrier
    rewrite(net, net.plan.network.core, _answers("UPDATE", status))
    net.wait(46)
    assert last(net, 1).stage is S.UP
    net.world.carrier = carry
    net.wait(100)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
    rewrite(net, net.plan.network.core, _answers("UPDATE", status))
    net.wait(SHORT)
    assert last(net, 1).lost is not None
    assert last(net, 2).stage is S.ENDED


@pytest.mark.parametrize("status", [405, 501])
def test_a_peer_that_takes_update_after_all_not(status: int) -> None:
    """RFC 4028 §7.4: by re-INVITE, then."""
    net = up()
    rewrite(net, net.plan.network.core, _answers("UPDATE", status))
    net.wait(200)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
    assert len(requests(net, 1, "UPDATE")) == 1
    assert len(requests(net, 1, "INVITE")) > 3


def _answers(method: str, status: int) -> Callable[[Message], None]:
    def edit(message: Message) -> None:
        if isinstance(message, Response) and message.cseq.method == method and message.status >= 200:
            message.status, message.reason = status, "so be it"

    return edit


@TRANSPORTS
@pytest.mark.parametrize("number", [1, 2])
def test_bye_without_an_answer(transport: Transport, number: int) -> None:
    """RFC 3261 §15.1.1: over here after timer F, and it is said that nobody has answered."""
    net = up(transport)
    lose(net, lambda _packet: True)
    net.wish(net.ue(number), HangUp(), 1)
    assert last(net, number).stage is S.ENDING
    net.wait(200)
    told = last(net, number)
    assert (told.stage, told.lost and told.lost.why) == (S.ENDED, "no answer to BYE")


@pytest.mark.parametrize("status", [408, 481, 503, 500])
def test_bye_that_is_refused(status: int) -> None:
    """RFC 3261 §15.1.1: 481 and 408, and whatever is no 2xx: over, but not as it should be."""
    net = up()
    rewrite(net, net.plan.network.core, _answers("BYE", status))
    net.wish(net.ue(1), HangUp())
    told = last(net, 1)
    assert told.stage is S.ENDED
    assert told.lost is not None
    assert f"BYE answered {status}" in told.lost.why


def test_a_message_in_the_call_that_nobody_answers() -> None:
    """RFC 3261 §12.2.1.2: any request within the dialog shows it."""
    net = up(change=intervals(0, 0))
    lose(net, lambda _packet: True)
    net.wish(net.ue(1), Say(b"there?"), 150)
    assert [fact.status for fact in facts(net.ue(1), MessageAnswered)] == [408]
    assert last(net, 1).lost is not None


# -- refreshed while sets change ---------------------------------------------------------------------


@TRANSPORTS
@pytest.mark.parametrize("before_s", [0.001, 0.004, 0.008, 0.2, 5])
def test_a_refresh_while_sets_change(transport: Transport, before_s: float) -> None:
    """RRG-01, RRG-10, MGU-04: both ends re-register just before, and while, the refresh is due."""
    net = up(transport)
    begun = net.world.agenda.now
    for _ in range(4):
        due_at = max(call(net, 1).session.next_deadline(), net.world.agenda.now)
        net.wait((due_at - net.world.agenda.now) / seconds(1) - before_s)
        for number in (1, 2):
            net.ue(number).later(Register())
        net.wait(before_s + 2)
    assert net.world.agenda.now - begun >= seconds(4 * 44)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
    updates = [one for one in net.gm() if one.what == "UPDATE" and one.src == "port_uc"]
    assert len({one.set_number for one in updates}) >= 4
    assert not any(facts(host, Refused) for host in (*net.ues, net.pcscf, net.home))


@TRANSPORTS
def test_a_refresh_goes_over_the_newest_set(transport: Transport) -> None:
    """MGU-04: once SM12 has come; the old set drains meanwhile, and is not used for it."""
    net = up(transport)
    for _ in range(3):
        net.wish(net.ue(1), Register(), 1)
        since = net.world.agenda.now
        net.wait(46)
        (update,) = [one for one in net.gm(since) if one.what == "UPDATE" and one.src == "port_uc"]
        newest = [n for n, made in enumerate(net.installed) if made.ue == update.raw.flow.local.address][-1]
        assert update.set_number == newest
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]


def test_a_refresh_without_a_set_is_tried_again() -> None:
    """RFC 4028 §7.4: what cannot be sent is not lost yet."""
    net = up()
    session = call(net, 1).session
    node = net.ue(1).node
    assert isinstance(node, UserEquipment)
    (live,) = node._gm.sets
    stage, live.life.stage = live.life.stage, Stage.TEMPORARY
    net.wait(46)
    assert session.state is State.REFRESHER
    assert last(net, 1).stage is S.UP
    live.life.stage = stage
    net.wait(100)
    assert [last(net, number).stage for number in (1, 2)] == [S.UP, S.UP]
