"""N5 against a PCF on loopback (29.514 §4.2, §5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.unit.live.doubles import free_endpoint
from tests.unit.live.driver_bed import run
from tests.unit.live.policy.a_pcf import Pcf, until_it_listens
from tests.unit.live.policy.sample import voice_call as asked

from twopair.base import Endpoint, Port
from twopair.core.policy import signalling_component
from twopair.live.policy.n5 import N5
from twopair.nodes.policy import AskPolicy, BearerLost, EndPolicy, PolicyAnswered, PolicyEvent, Verdict


class Bed:
    def __init__(self, pcf: Pcf, timeout_s: float) -> None:
        self.pcf = pcf
        self.told: list[PolicyEvent] = []
        self.listen = free_endpoint("127.0.0.1")
        self.n5 = N5(pcf.root, self.listen, self.told.append, timeout_s)

    def ask(self, what: AskPolicy | EndPolicy) -> None:
        self.n5.performs[type(what)](what)

    async def until(self, count: int) -> list[PolicyEvent]:
        while len(self.told) < count:
            await asyncio.sleep(0.01)
        return self.told

    @property
    def notify(self) -> str:
        """Where the PCF is to notify of the session that it heard of first."""
        return str(self.pcf.heard[0][2]["ascReqData"]["notifUri"])


@asynccontextmanager
async def bed(timeout_s: float = 5.0) -> AsyncIterator[Bed]:
    async with Pcf() as pcf:
        made = Bed(pcf, timeout_s)
        await made.n5.open()
        await until_it_listens(made.listen)
        try:
            yield made
        finally:
            await made.n5.close()


def test_a_session_from_offer_to_end() -> None:
    async def body() -> None:
        async with bed() as it:
            it.ask(asked(final=False))
            it.ask(asked())
            assert await it.until(2) == [PolicyAnswered("s1", Verdict.GRANTED)] * 2
            it.ask(EndPolicy("s1"))
            while len(it.pcf.heard) < 3:
                await asyncio.sleep(0.01)
            made, changed, ended = it.pcf.heard
        assert it.pcf.versions == {"2"}
        assert (made[:2], changed[:2], ended[:2]) == (("POST", ""), ("PATCH", "/1"), ("POST", "/1/delete"))
        said = made[2]["ascReqData"]
        assert (said["ueIpv4"], said["servInfStatus"], said["suppFeat"]) == ("10.10.1.1", "PRELIMINARY", "0")
        assert said["evSubsc"]["events"] == [{"event": "FAILED_RESOURCES_ALLOCATION"}]
        component = changed[2]["ascReqData"]["medComponents"]["1"]
        assert component == {
            "medCompN": 1,
            "medType": "AUDIO",
            "fStatus": "ENABLED",
            "marBwUl": "41000 bps",
            "marBwDl": "41000 bps",
            "codecs": [
                "uplink\noffer\nm=audio 49152 RTP/AVP 97\na=rtpmap:97 AMR-WB/16000",
                "downlink\nanswer\nm=audio 30000 RTP/AVP 97\na=rtpmap:97 AMR-WB/16000",
            ],
            "medSubComps": {
                "1": {
                    "fNum": 1,
                    "flowUsage": "NO_INFO",
                    "fDescs": [
                        "permit out 17 from 10.30.0.9 to 10.10.1.1 49152",
                        "permit in 17 from 10.10.1.1 to 10.30.0.9 30000",
                    ],
                },
                "2": {
                    "fNum": 2,
                    "flowUsage": "RTCP",
                    "fDescs": [
                        "permit out 17 from 10.30.0.9 to 10.10.1.1 49153",
                        "permit in 17 from 10.10.1.1 to 10.30.0.9 30001",
                    ],
                },
            },
        }
        assert changed[2]["ascReqData"]["servInfStatus"] == "FINAL"

    run(body, within_s=30)


def test_ipv6_emergency_and_signalling() -> None:
    async def body() -> None:
        async with bed() as it:
            path = signalling_component(Endpoint("2001:db8::1", Port(0)), Endpoint("2001:db8::9", Port(0)))
            it.ask(AskPolicy("path", "2001:db8::1", "", (path,), final=True, emergency=True))
            await it.until(1)
            said = it.pcf.heard[0][2]["ascReqData"]
        assert (said["ueIpv6"], said["servUrn"]) == ("2001:db8::1", "urn:service:sos")
        assert said["medComponents"]["0"]["medSubComps"]["1"]["flowUsage"] == "AF_SIGNALLING"

    run(body, within_s=30)


@pytest.mark.parametrize(
    ("cause", "verdict"),
    [
        ("REQUESTED_SERVICE_NOT_AUTHORIZED", Verdict.NOT_AUTHORISED),
        ("INVALID_SERVICE_INFORMATION", Verdict.NOT_ACCEPTABLE),
        ("FILTER_RESTRICTIONS", Verdict.NOT_ACCEPTABLE),
        ("PDU_SESSION_NOT_AVAILABLE", Verdict.UNKNOWN_BEARER),
        ("SOMETHING_ELSE", Verdict.FAILED),
    ],
)
def test_refusals(cause: str, verdict: Verdict) -> None:
    async def body() -> None:
        async with bed() as it:
            it.pcf.refuses = cause
            it.ask(asked())
            assert await it.until(1) == [PolicyAnswered("s1", verdict, f"403 {cause}")]
            it.pcf.refuses = ""
            it.ask(EndPolicy("s1"))  # nothing was made, nothing is ended
            it.ask(asked())
            assert (await it.until(2))[1] == PolicyAnswered("s1", Verdict.GRANTED)
        assert [method for method, _, _ in it.pcf.heard] == ["POST", "POST", "POST"]

    run(body, within_s=30)


def test_a_pcf_that_is_silent_or_away() -> None:
    async def body() -> None:
        async with bed(timeout_s=0.3) as it:
            it.pcf.silent = True
            it.ask(asked())
            (answer,) = await it.until(1)
            assert isinstance(answer, PolicyAnswered)
            assert answer.verdict is Verdict.UNREACHABLE
            it.pcf.silent = False
            it.ask(asked("s2"))
            assert (await it.until(2))[1] == PolicyAnswered("s2", Verdict.GRANTED)
        away = N5(f"http://{free_endpoint('127.0.0.1')}", free_endpoint("127.0.0.1"), it.told.append, 1.0)
        await away.open()
        away.performs[AskPolicy](asked("s3"))
        answer = (await it.until(3))[2]
        assert isinstance(answer, PolicyAnswered)
        assert answer.verdict is Verdict.UNREACHABLE
        await away.close()

    run(body, within_s=30)


def test_the_bearer_of_a_stream_is_lost() -> None:
    async def body() -> None:
        async with bed() as it:
            it.ask(asked())
            await it.until(1)
            lost = {"event": "FAILED_RESOURCES_ALLOCATION", "flows": [{"medCompN": 1, "fNums": [1]}]}
            assert await it.pcf.says(f"{it.notify}/notify", {"evSubsUri": "x", "evNotifs": [lost]}) == 204
            assert (await it.until(2))[1] == BearerLost("s1", frozenset({1}), False, "N5 notification")
            other = {"evSubsUri": "x", "evNotifs": [{"event": "PLMN_CHG"}]}
            assert await it.pcf.says(f"{it.notify}/notify", other) == 204
            assert len(it.told) == 2

    run(body, within_s=30)


def test_the_pcf_ends_a_session() -> None:
    """29.514 §4.2.5.3: the context is deleted by who had it."""

    async def body() -> None:
        async with bed() as it:
            it.ask(asked())
            await it.until(1)
            said = {"termCause": "PDU_SESSION_TERMINATION", "resUri": "x"}
            assert await it.pcf.says(f"{it.notify}/terminate", said) == 204
            assert (await it.until(2))[1] == BearerLost("s1", frozenset(), True, "PDU_SESSION_TERMINATION")
            while len(it.pcf.heard) < 2:
                await asyncio.sleep(0.01)
            assert it.pcf.heard[1][:2] == ("POST", "/1/delete")
            assert await it.pcf.says(f"{it.notify}/terminate", said) == 404

    run(body, within_s=30)


NO_FLOW = b'{"evNotifs": [{"event": "FAILED_RESOURCES_ALLOCATION", "flows": [1]}]}'


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]", b'{"evNotifs": 1}', b"[" * 20_000, b" " * 70_000, NO_FLOW]
)
def test_notifications_that_are_none(said: bytes) -> None:
    async def body() -> None:
        async with bed() as it:
            it.ask(asked())
            await it.until(1)
            assert await it.pcf.says(f"{it.notify}/notify", said) == 400
            assert len(it.told) == 1

    run(body, within_s=30)


def test_sessions_that_are_open_are_ended_at_the_end() -> None:
    async def body() -> None:
        async with bed() as it:
            it.ask(asked("one"))
            it.ask(asked("two"))
            await it.until(2)
        assert sorted(path for _, path, _ in it.pcf.heard if path.endswith("delete")) == [
            "/1/delete",
            "/2/delete",
        ]

    run(body, within_s=30)
