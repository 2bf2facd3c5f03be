"""The Python API: a verb returns when what it asks for has come about."""

import asyncio
from dataclasses import replace

import pytest
from tests.unit.live.loopback import DOMAIN, Loopback, next_of, on_loopback, user

from twopair.base import Refusal, seconds
from twopair.core.sa import Stage
from twopair.live.ue.ue import MOST_EVENTS, Ue
from twopair.live.ue.unsuccessful import NotRegistered
from twopair.live.ue.verbs import hang_up, no
from twopair.nodes.facts import (
    Awaiting,
    CallChanged,
    CallStage,
    Deregistered,
    Lost,
    MessageReceived,
    Refused,
    Registered,
    RegistrationFailed,
    Unreached,
)

S = CallStage
TRANSPORTS = pytest.mark.parametrize("transport", ["udp", "tcp"])
WRONG_K = "00000000000000000000000000000000"


def stages(ue: Ue) -> list[CallStage]:
    """Stages of calls among the events so far; nothing else may be there."""
    found = []
    while not ue.events.empty():
        event = ue.events.get_nowait()
        assert isinstance(event, CallChanged)
        found.append(event.stage)
    return found


@TRANSPORTS
def test_register_again_and_deregister(transport: str) -> None:
    """RRG-01, RRG-02: server ports stay, client ports and SPIs change."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, transport=transport) as ue:
            assert (ue.registered, ue.set_in_use()) == (None, None)
            first = await ue.register()
            assert (first.impu, first.associated) == (ue.impu, (user(1),))
            before = ue.set_in_use()
            await ue.register()
            after = ue.set_in_use()
            assert before is not None
            assert after is not None
            assert (before.ports.us, before.ports.ps) == (after.ports.us, after.ports.ps)
            assert not {before.ports.uc, before.ports.pc} & {after.ports.uc, after.ports.pc}
            assert not set(before.spis) & set(after.spis)
            assert [(sa_set.set_id, stage) for sa_set, stage in ue.sets()] == [
                (before.set_id, Stage.OLD),
                (after.set_id, Stage.IN_USE),
            ]
            assert {sa.set_id for sa in ue.sas()} == {before.set_id, after.set_id}
            await ue.deregister()
            assert (ue.registered, ue.sets(), ue.sas()) == (None, [], ())
            assert ue.events.empty()  # all of it was waited for

    on_loopback(body)


def test_a_registration_that_fails() -> None:
    """AKA-20: the status; what led to it is an event before."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, k=WRONG_K) as ue:
            with pytest.raises(NotRegistered, match="403 Forbidden") as caught:
                await ue.register()
            assert caught.value.failure.status == 403
            assert ue.registered is None
            refused = await ue.events.get()
            assert isinstance(refused, Refused)
            assert refused.refusal is Refusal.MAC_FAILURE

    on_loopback(body)


def test_no_algorithm_in_common() -> None:
    """ERR-08."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, algorithms=["hmac-md5-96/null"], legacy=True) as ue:
            with pytest.raises(NotRegistered, match="494"):
                await ue.register()

    on_loopback(body)


def test_nobody_answers() -> None:
    async def body(net: Loopback) -> None:
        net.pcscf.stop()
        async with net.ue(1) as ue:
            with pytest.raises(NotRegistered, match="connection refused"):
                await ue.register(0.5)
            assert isinstance(ue.events.get_nowait(), Unreached)

    on_loopback(body)


def test_connection_refused() -> None:
    """ERR-25: told at once."""

    async def body(net: Loopback) -> None:
        net.pcscf.stop()
        async with net.ue(1, transport="tcp") as ue:
            with pytest.raises(NotRegistered, match="connection refused"):
                await ue.register()

    on_loopback(body)


def test_a_deregistration_that_fails() -> None:
    """What stood still stands; a P-CSCF that refuses over its set is waited for, as long as one wants to."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, transport="tcp") as ue:
            await ue.register()
            net.pcscf.stop()
            await asyncio.sleep(0.05)  # until the UE knows that its connection is gone
            with pytest.raises(TimeoutError):
                await ue.deregister(within_s=0.3)
            assert ue.registered is not None

    on_loopback(body)


@TRANSPORTS
def test_messages(transport: str) -> None:
    async def body(net: Loopback) -> None:
        async with net.ue(1, transport=transport) as one, net.ue(2, transport=transport) as two:
            assert await one.message(user(2), "too early") == 403
            await asyncio.gather(one.register(), two.register())
            sent = await asyncio.gather(
                *(one.message(user(2), text) for text in "abc"), one.message(f"sip:nobody@{DOMAIN}", "d")
            )
            assert sent == [200, 200, 200, 404]
            got = [await two.events.get() for _ in "abc"]
            assert sorted(event.body for event in got if isinstance(event, MessageReceived)) == [
                b"a",
                b"b",
                b"c",
            ]

    on_loopback(body)


@pytest.mark.parametrize("to", ["bob", "sip:", "http://a", "sip:a b", "sip:a\r\nX: y"])
def test_what_is_no_recipient(to: str) -> None:
    """Least of all may a line end get into a message."""

    async def body(net: Loopback) -> None:
        async with net.ue(1) as ue:
            await ue.register()
            with pytest.raises(ValueError, match="is no sip: or tel: URI"):
                await ue.message(to, "text")
            with pytest.raises(ValueError, match="is no sip: or tel: URI"):
                await ue.call(to)

    on_loopback(body)


@TRANSPORTS
def test_a_call(transport: str) -> None:
    """RFC 3261 §13, §15: taken, words both ways, re-registered meanwhile, hung up by the called (RRG-01)."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, transport=transport) as one, net.ue(2, transport=transport) as two:
            await asyncio.gather(one.register(), two.register())
            calling = asyncio.create_task(one.call(user(2)))
            rings = await two.events.get()
            assert isinstance(rings, CallChanged)
            assert (rings.stage, rings.peer, rings.ours) == (S.RINGING, user(1), False)
            assert two.call_now == rings
            assert not await one.answer()  # who calls cannot take it
            assert await two.answer()
            assert await calling == 200
            assert await one.say("from one") == await two.say("from two") == 200
            await one.register()
            assert await one.say("over the new set") == 200
            assert await one.hold(0.05)
            holding = asyncio.create_task(one.hold(15))
            await two.hang_up()
            assert not await holding
            assert not one.call_now
            assert not two.call_now
            await one.hang_up()  # nothing to do
            assert await one.say("gone") == 481
            words = [await next_of(ue, MessageReceived) for ue in (two, one, two)]
            assert [event.body for event in words if isinstance(event, MessageReceived)] == [
                b"from one",
                b"from two",
                b"over the new set",
            ]

    on_loopback(body)


def test_every_stage_of_a_call_is_an_event() -> None:
    """Also of a call whose verb waits for it."""

    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2, answer_after_s=0) as two:
            await asyncio.gather(one.register(), two.register())
            assert await one.call(user(2)) == 200
            await one.hang_up()
            assert await two.hold(15) is False
            assert stages(one) == [S.CALLING, S.RINGING, S.UP, S.ENDING, S.ENDED]
            assert stages(two) == [S.RINGING, S.ANSWERED, S.UP, S.ENDED]

    on_loopback(body)


def test_calls_that_fail() -> None:
    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2) as two:
            assert await one.call(user(2)) == 403
            await asyncio.gather(one.register(), two.register())
            assert await one.call(f"sip:nobody@{DOMAIN}") == 404
            calling = asyncio.create_task(one.call(user(2)))
            await next_of(two, CallChanged)
            assert await one.call(user(2)) == 486  # one call at a time
            assert one.call_now is not None
            await two.hang_up()
            assert await calling == 603
            assert not await two.answer()

    on_loopback(body)


@TRANSPORTS
def test_who_stops_waiting_gives_the_call_up(transport: str) -> None:
    """RFC 3261 §9: CANCEL, whether time ran out or the task was cancelled."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, transport=transport) as one, net.ue(2) as two:
            await asyncio.gather(one.register(), two.register())
            with pytest.raises(TimeoutError):
                await one.call(user(2), 0.2)
            await one.hang_up()  # waits for the end that is under way
            assert one.call_now is None
            assert not await two.hold(15)
            assert two.call_now is None
            calling = asyncio.create_task(one.call(user(2)))
            while two.call_now is None:
                await two.events.get()
            calling.cancel()
            assert not await two.hold(15)

    on_loopback(body)


def test_cancelled_by_hanging_up() -> None:
    """The verb that waits for an answer gets 487."""

    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2) as two:
            await asyncio.gather(one.register(), two.register())
            calling = asyncio.create_task(one.call(user(2)))
            await next_of(two, CallChanged)
            await one.hang_up()
            assert await calling == 487

    on_loopback(body)


def test_a_registration_renews_itself_and_runs_out() -> None:
    """UEP-12, TMR-05: what nobody waits for is an event."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, transport="tcp") as ue:
            granted = (await ue.register()).expires_s
            ue._driver.skip(seconds(granted - 600))
            assert isinstance(await ue.events.get(), Registered)
            net.pcscf.stop()
            await asyncio.sleep(0.05)
            ue._driver.skip(seconds(granted - 600))
            await asyncio.sleep(0.05)
            ue._driver.skip(seconds(128))  # it was waited for until then
            lost = await ue.events.get()
            while isinstance(lost, Awaiting):
                lost = await ue.events.get()
            failed = await ue.events.get()
            assert isinstance(lost, Deregistered)
            assert isinstance(failed, RegistrationFailed)
            assert failed.reason == "connection refused"
            assert ue.registered is None

    on_loopback(body)


def test_a_call_that_is_lost_while_hanging_up() -> None:
    """RFC 3261 §15.1.1: the call is over, and who hung up learns that nobody has answered."""
    lost = Lost("no answer to BYE", 128)
    ended = CallChanged("c", S.ENDED, 200, "sip:b@h", ours=True, lost=lost)

    async def body(net: Loopback) -> None:
        async with net.ue(1) as ue:
            ue._hear(replace(ended, stage=S.UP, lost=None))
            assert ue.lost is None
            ue._driver.feed = lambda _wish: ue._hear(ended)  # type: ignore[method-assign, assignment]
            words = "hung up, but the call was lost: no answer to BYE"
            assert await hang_up(ue, 1) == (True, {"lost": lost.why}, words)
            assert ue.lost == lost
            assert await hang_up(ue, 1) == no("no call")

    on_loopback(body)


def test_the_oldest_events_go_first() -> None:
    """Who does not read them does not fill the memory."""

    async def body(net: Loopback) -> None:
        async with net.ue(1) as ue:
            for number in range(MOST_EVENTS + 2):
                ue._hear(CallChanged(f"{number}", S.RINGING))
            first = ue.events.get_nowait()
            assert isinstance(first, CallChanged)
            assert (first.call_id, ue.events.qsize()) == ("2", MOST_EVENTS - 1)

    on_loopback(body)


@TRANSPORTS
def test_a_fixed_unprotected_port(transport: str) -> None:
    """MSG-05, MSG-07: registration after registration in the clear from the same port, without a pause."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, transport=transport, port=5060) as ue:
            for _ in range(3):
                await ue.register()
                await ue.deregister()
        assert not net.pcscf.counters

    on_loopback(body)
