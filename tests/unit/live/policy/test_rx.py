"""Rx against a PCRF on loopback (29.214 §4.4, §5.3, §5.6)."""

import asyncio

import pytest
from tests.unit.live.diameter.bed import free_port
from tests.unit.live.driver_bed import run
from tests.unit.live.policy.policy_bed import PCRF, PCSCF, REALM, Bed, bed
from tests.unit.live.policy.sample import voice_call

from twopair.base import Endpoint, Port
from twopair.core.policy import signalling_component
from twopair.live.diameter import base, rx
from twopair.live.diameter.local import RX, TGPP, Local, Neighbour
from twopair.live.diameter.message import Message, avp, every, first, group, number_of, octets, parse
from twopair.live.policy.rx import Rx
from twopair.nodes.policy import AskPolicy, BearerLost, EndPolicy, PolicyAnswered, PolicyEvent, Verdict


def test_a_session_from_offer_to_end() -> None:
    async def body() -> None:
        async with bed() as it:
            it.ask(voice_call(final=False))
            it.ask(voice_call())
            assert await it.until(2) == [PolicyAnswered("s1", Verdict.GRANTED)] * 2
            it.ask(EndPolicy("s1"))
            made, changed, ended = await it.heard(3)
            assert it.pcrf.commands == [rx.AA, rx.AA, rx.SESSION_TERMINATION]
            sessions = {octets(first(one.avps, base.SESSION_ID)) for one in (made, changed, ended)}
            assert len(sessions) == 1
            assert it.pcrf.sessions == []
        assert first(made.avps, base.DESTINATION_HOST) is None
        assert octets(first(changed.avps, base.DESTINATION_HOST)) == PCRF.encode()
        assert octets(first(made.avps, rx.FRAMED_IP_ADDRESS)) == bytes((10, 10, 1, 1))
        assert first(changed.avps, rx.FRAMED_IP_ADDRESS) is None
        assert number_of(made.avps, rx.SERVICE_INFO_STATUS) == 1
        assert number_of(changed.avps, rx.SERVICE_INFO_STATUS) == 0
        actions = [int.from_bytes(octets(one), "big") for one in every(made.avps, rx.SPECIFIC_ACTION)]
        assert actions == [2, 4, 9]
        assert number_of(ended.avps, rx.TERMINATION_CAUSE) == 1

    run(body, within_s=30)


def test_the_media_component_of_a_voice_call() -> None:
    """29.214 §5.3.16, §5.3.17: the bit rates of both ways, gate, codecs, flows of RTP and RTCP."""
    avps = rx.to_aar(voice_call(), first_of_session=True)
    (component,) = [group(one) for one in every(avps, rx.MEDIA_COMPONENT)]
    assert number_of(component, rx.MEDIA_COMPONENT_NUMBER) == 1
    assert number_of(component, rx.MEDIA_TYPE) == 0
    assert number_of(component, rx.MAX_BANDWIDTH_UL) == 41_000
    assert number_of(component, rx.MAX_BANDWIDTH_DL) == 41_000
    assert number_of(component, rx.FLOW_STATUS) == 2
    assert [octets(one) for one in every(component, rx.CODEC_DATA)] == [
        b"uplink\noffer\nm=audio 49152 RTP/AVP 97\na=rtpmap:97 AMR-WB/16000",
        b"downlink\nanswer\nm=audio 30000 RTP/AVP 97\na=rtpmap:97 AMR-WB/16000",
    ]
    rtp, rtcp = [group(one) for one in every(component, rx.MEDIA_SUB_COMPONENT)]
    assert [octets(one) for one in every(rtp, rx.FLOW_DESCRIPTION)] == [
        b"permit out 17 from 10.30.0.9 to 10.10.1.1 49152",
        b"permit in 17 from 10.10.1.1 to 10.30.0.9 30000",
    ]
    assert first(rtp, rx.FLOW_USAGE) is None
    assert number_of(rtcp, rx.FLOW_USAGE) == 1
    assert number_of(rtcp, rx.FLOW_NUMBER) == 2


def test_octets() -> None:
    """Codes, vendor and flags as 29.214 table 5.3.1 has them; the same octets another reader was shown."""
    (described,) = every(rx.to_aar(voice_call(), first_of_session=False), rx.MEDIA_COMPONENT)
    data = described.as_bytes()
    assert data[:12].hex() == "00000205" + "c0" + f"{len(data):06x}" + "000028af"
    assert data[12:28].hex() == "00000206" + "c0000010" + "000028af" + "00000001"
    assert bytes.fromhex("000001ff" + "c0000010" + "000028af" + "00000002") in data  # Flow-Status ENABLED
    assert bytes.fromhex("00000204" + "c0000010" + "000028af" + "0000a028") in data  # UL 41,000 bit/s


def test_ipv6_emergency_and_signalling() -> None:
    path = signalling_component(Endpoint("2001:db8:1:2::3", Port(0)), Endpoint("2001:db8::9", Port(0)))
    avps = rx.to_aar(
        AskPolicy("path", "2001:db8:1:2::3", "", (path,), final=True, emergency=True), first_of_session=True
    )
    prefix = octets(first(avps, rx.FRAMED_IPV6_PREFIX))
    assert prefix.hex() == "0040" + "20010db800010002"
    assert octets(first(avps, rx.SERVICE_URN)) == b"sos"
    assert first(avps, rx.SUBSCRIPTION_ID) is None
    component = group(first(avps, rx.MEDIA_COMPONENT))
    assert number_of(component, rx.MEDIA_COMPONENT_NUMBER) == 0
    assert number_of(group(first(component, rx.MEDIA_SUB_COMPONENT)), rx.FLOW_USAGE) == 2


@pytest.mark.parametrize(
    ("code", "experimental", "verdict"),
    [
        (5063, True, Verdict.NOT_AUTHORISED),
        (5061, True, Verdict.NOT_ACCEPTABLE),
        (5062, True, Verdict.NOT_ACCEPTABLE),
        (5065, True, Verdict.UNKNOWN_BEARER),
        (5012, False, Verdict.FAILED),
        (3002, False, Verdict.UNREACHABLE),
    ],
)
def test_refusals(code: int, experimental: bool, verdict: Verdict) -> None:
    """29.214 §5.5; what was refused is nothing that has to be ended."""

    async def body() -> None:
        async with bed() as it:
            it.pcrf.code, it.pcrf.experimental = code, experimental
            it.ask(voice_call())
            (answer,) = await it.until(1)
            assert isinstance(answer, PolicyAnswered)
            assert (answer.verdict, str(code) in answer.why) == (verdict, True)
            assert it.rx.sessions == 0
            it.ask(EndPolicy("s1"))
            it.pcrf.code, it.pcrf.experimental = base.SUCCESS, False
            it.ask(voice_call("s2"))
            await it.until(2)
            assert it.pcrf.commands == [rx.AA, rx.AA]

    run(body, within_s=30)


def test_a_pcrf_that_is_silent() -> None:
    async def body() -> None:
        async with bed(timeout_s=0.3) as it:
            it.pcrf.silent = True
            it.ask(voice_call())
            it.ask(EndPolicy("s1"))
            assert await it.until(1) == [PolicyAnswered("s1", Verdict.UNREACHABLE)]
            assert it.rx.sessions == 0

    run(body, within_s=30)


def test_no_pcrf_at_all() -> None:
    async def body() -> None:
        told: list[PolicyEvent] = []
        alone = Rx(Local(PCSCF, REALM, (RX,), (Neighbour(PCRF, REALM, free_port()),)), REALM, told.append)
        await alone.open()
        alone.performs[AskPolicy](voice_call())
        assert told == [PolicyAnswered("s1", Verdict.UNREACHABLE)]
        await alone.close()

    run(body, within_s=30)


def test_a_pcrf_that_has_forgotten_is_told_anew() -> None:
    """5002 to a change: the next request is an initial one, with the UE's address."""

    async def body() -> None:
        async with bed() as it:
            it.ask(voice_call(final=False))
            await it.until(1)
            it.pcrf.code = rx.UNKNOWN_SESSION
            it.ask(voice_call())
            await it.until(2)
            it.pcrf.code = base.SUCCESS
            it.ask(voice_call())
            assert (await it.until(3))[2] == PolicyAnswered("s1", Verdict.GRANTED)
            assert first(it.pcrf.heard[2].avps, rx.FRAMED_IP_ADDRESS) is not None

    run(body, within_s=30)


def test_abort_is_answered_and_followed_by_str() -> None:
    """29.214 §4.4.6.1."""

    async def body() -> None:
        async with bed() as it:
            it.ask(voice_call())
            await it.until(1)
            abort = [avp(base.AUTH_APPLICATION_ID, RX.id), avp(rx.ABORT_CAUSE, 0)]
            it.pcrf.says(rx.ABORT_SESSION, abort)
            lost = BearerLost("s1", frozenset(), ended=True, why="Abort-Cause BEARER_RELEASED")
            assert (await it.until(2))[1] == lost
            await it.heard(2)
            assert it.pcrf.commands == [rx.AA, rx.SESSION_TERMINATION]
            await _answered(it, 1)
            assert it.pcrf.answers == [base.SUCCESS]
            assert it.rx.sessions == 0

    run(body, within_s=30)


@pytest.mark.parametrize(
    ("action", "flows", "lost"),
    [
        (rx.RELEASE_OF_BEARER, [], frozenset[int]()),
        (rx.LOSS_OF_BEARER, [1, 3], frozenset({1, 3})),
        (rx.FAILED_RESOURCES, [2], frozenset({2})),
        (6, [], None),
    ],
)
def test_what_a_rar_says_of_streams(action: int, flows: list[int], lost: frozenset[int] | None) -> None:
    """29.214 §4.4.6.2, §4.4.6.3."""

    async def body() -> None:
        async with bed() as it:
            it.ask(voice_call())
            await it.until(1)
            named = [avp(rx.FLOWS, [avp(rx.MEDIA_COMPONENT_NUMBER, number)]) for number in flows]
            it.pcrf.says(rx.RE_AUTH, [avp(rx.SPECIFIC_ACTION, action), *named])
            await _answered(it, 1)
            assert it.pcrf.answers == [base.SUCCESS]
            found = [event for event in it.told if isinstance(event, BearerLost)]
            assert [event.components for event in found] == ([] if lost is None else [lost])

    run(body, within_s=30)


@pytest.mark.parametrize("command", [rx.RE_AUTH, rx.ABORT_SESSION])
def test_sessions_that_nobody_has(command: int) -> None:
    async def body() -> None:
        async with bed() as it:
            it.pcrf.says(command, [avp(rx.SPECIFIC_ACTION, 4)], session="nobody;1;1")
            await _answered(it, 1)
            assert it.pcrf.answers == [rx.UNKNOWN_SESSION]
            assert it.told == []

    run(body, within_s=30)


def test_sessions_that_are_open_are_ended_at_the_end() -> None:
    async def body() -> None:
        async with bed() as it:
            it.ask(voice_call("one"))
            it.ask(voice_call("two"))
            await it.until(2)
        assert it.pcrf.sessions == []

    run(body, within_s=30)


@pytest.mark.parametrize("harm", ["no result", "short number"])
def test_answers_that_cannot_be_read(harm: str) -> None:
    """Whatever a PCRF says, a verdict comes of it."""

    async def body() -> None:
        async with bed() as it:
            avps = [] if harm == "no result" else [_short()]
            it.pcrf._result = lambda: avps  # type: ignore[method-assign]
            it.ask(voice_call())
            (answer,) = await it.until(1)
            assert isinstance(answer, PolicyAnswered)
            assert answer.verdict is Verdict.FAILED

    run(body, within_s=30)


def _short() -> object:
    made = avp(base.RESULT_CODE, 2001)
    made.payload = b"\x07"
    return made


async def _answered(it: Bed, count: int) -> None:
    while len(it.pcrf.answers) < count:
        await asyncio.sleep(0.01)


def test_a_message_is_read_as_it_was_written() -> None:
    made = Message(rx.AA, RX.id, 0xC0, rx.to_aar(voice_call(), first_of_session=True), 1, 2)
    read = parse(made.to_bytes())
    assert [one.as_bytes() for one in read.avps] == [one.as_bytes() for one in made.avps]
    assert {one.vendor_id for one in every(read.avps, rx.MEDIA_COMPONENT)} == {TGPP}
