"""The shell: one result for each command, in order; events between them; an orderly end."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.live.loopback import DOMAIN, Loopback, next_of, on_loopback, user

from twopair.live.ue.lines import Lines
from twopair.live.ue.printer import Printer
from twopair.live.ue.shell import Shell
from twopair.live.ue.ue import Ue
from twopair.live.ue.verbs import VERBS
from twopair.nodes.facts import CallChanged, MessageReceived

Read = Callable[[], list[dict[str, Any]]]
PATIENCE_S = 10.0


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Read:
    """The objects printed since the last time."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def obey(
    ue: Ue, *commands: str, stay: bool = False, within_s: float = PATIENCE_S, as_json: bool = True
) -> bool:
    """Run these commands, all of which are there from the beginning."""
    reading, writing = os.pipe()
    os.write(writing, "\n".join(commands).encode())
    os.close(writing)
    try:
        shell = Shell(ue, Printer(as_json=as_json), within_s)
        return await shell.run(Lines(reading), stay_registered=stay)
    finally:
        os.close(reading)


class Typist:
    """A shell that runs while a test writes to it."""

    def __init__(self, ue: Ue) -> None:
        reading, self._writing = os.pipe()
        shell = Shell(ue, Printer(as_json=True), PATIENCE_S)
        self.ended = asyncio.create_task(shell.run(Lines(reading), stay_registered=False))

    def type(self, command: str) -> None:
        os.write(self._writing, command.encode() + b"\n")

    def leave(self) -> None:
        os.close(self._writing)


def results(lines: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(line["command"], line["ok"]) for line in lines if "command" in line]


def test_a_script(told: Read) -> None:
    """RRG-01, RRG-02: several registrations, a message, a call; de-registered at the end of the input."""

    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2, answer_after_s=0.05) as two:
            await two.register()
            assert await obey(
                one,
                "register",
                "  register  ",
                "# what follows is for ue2",
                "",
                f"message {user(2)} two  words ",
                f"call {user(2)}",
                "say inside",
                "register",
                "sas",
                "hangup",
            )
            heard = [await next_of(two, MessageReceived) for _ in "ab"]
            assert [event.body for event in heard if isinstance(event, MessageReceived)] == [
                b"two  words",
                b"inside",
            ]
            assert one.registered is None

    on_loopback(body)
    lines = told()
    commands = "register register message call say register sas hangup deregister".split()
    assert results(lines) == [(command, True) for command in commands]
    first, second, third = (line for line in lines if line.get("command") == "register")
    assert (first["impu"], first["expires_s"], first["associated"]) == (
        f"sip:001010000000001@{DOMAIN}",
        600_000,
        [user(1)],
    )
    for old, new in ((first, second), (second, third)):
        assert (old["port_us"], old["port_ps"]) == (new["port_us"], new["port_ps"])
        assert old["port_uc"] != new["port_uc"]
        assert old["port_pc"] != new["port_pc"]
        assert not {old[f"spi_{end}"] for end in ("uc", "us", "pc", "ps")} & {
            new[f"spi_{end}"] for end in ("uc", "us", "pc", "ps")
        }
    sas = next(line for line in lines if line.get("command") == "sas")["sas"]
    in_use = {sa["name"]: sa for sa in sas if sa["stage"] == "in use"}
    assert {sa["set"] for sa in in_use.values()} == {third["set"]}
    for name, src, dst in (("SA1-up", "port_uc", "port_ps"), ("SA2-dn", "port_pc", "port_us")):
        assert (in_use[name]["src_port"], in_use[name]["dst_port"]) == (third[src], third[dst])
    assert {"packets", "octets", "spi"} <= set(in_use["SA1-up"])
    assert [line["stage"] for line in lines if line.get("event") == "call"] == [
        "calling", "ringing", "up", "ending", "ended",
    ]  # fmt: skip


def test_events_stand_before_the_result_they_led_to(told: Read) -> None:
    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2, answer_after_s=0) as two:
            await two.register()
            assert await obey(one, "register", f"call {user(2)}", "hangup")

    on_loopback(body)
    order = [line.get("command") or line["stage"] for line in told()]
    assert order == [
        "register", "calling", "ringing", "up", "call", "ending", "ended", "hangup", "deregister",
    ]  # fmt: skip


def test_what_fails_says_why_and_the_shell_goes_on(told: Read) -> None:
    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2) as two:
            before = ("message", "call", "deregister", "answer", "say", "hangup")
            texts = (f"message {user(2)} x", f"call {user(2)}", "deregister", "answer", "say x", "hangup")
            assert not await obey(one, *texts)
            lines = told()
            assert results(lines) == [(name, False) for name in before]
            assert [line["reason"] for line in lines] == [
                *["not registered"] * 3, "no call rings", "no call is up", "no call",
            ]  # fmt: skip
            await two.register()
            assert not await obey(
                one, "register", "dance on", "message bob hi", "message", "register now", "call sip:a b",
                f"message sip:nobody@{DOMAIN} hi", f"call sip:nobody@{DOMAIN}", f"message {user(2)} here",
            )  # fmt: skip

    on_loopback(body)
    lines = [line for line in told() if "command" in line]
    assert [line["ok"] for line in lines] == [True, *[False] * 7, True, True]
    reasons = [line.get("reason", "") for line in lines]
    assert reasons[1].startswith("no such command: dance; there are register, ")
    assert reasons[2:6] == [
        "'bob' is no sip: or tel: URI",
        "usage: message TO TEXT…",
        "usage: register",
        "'sip:a b' is no sip: or tel: URI",
    ]
    assert [(line["status"], line["reason"]) for line in lines[6:8]] == [(404, "404 Not Found")] * 2


def test_a_registration_that_fails_and_one_that_takes_too_long(told: Read) -> None:
    """AKA-20: the event says what was refused, the result how it ended."""

    async def body(net: Loopback) -> None:
        async with net.ue(1, k="00" * 16) as one:
            assert not await obey(one, "register")
        net.pcscf.stop()
        async with net.ue(2) as two:
            assert not await obey(two, "register", "register", within_s=0.05)

    on_loopback(body)
    refused, failure, *rest = told()
    late = [line for line in rest if "command" in line]
    assert (refused["event"], refused["refusal"]) == ("refused", "MAC_FAILURE")
    assert (failure["command"], failure["status"], failure["refusal"]) == ("register", 403, "MAC_FAILURE")
    assert failure["reason"].startswith(
        "403 Forbidden: AUTN has a wrong MAC: K or OPc differ between card and HSS"
    )
    assert [(line["command"], line["ok"]) for line in late] == [("register", False)] * 2
    assert all(line["reason"].endswith(": connection refused") for line in late)
    assert "unreachable" in {line.get("event") for line in rest}


def test_beside_each_other(told: Read) -> None:
    """``&``: re-registered while the call rings, then cancelled; its result comes when it comes."""

    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2) as two:
            await two.register()
            typist = Typist(one)
            typist.type("register")
            typist.type(f"call {user(2)} &")
            await next_of(two, CallChanged)
            typist.type("register")
            typist.type("hangup")
            typist.type("&")
            typist.type("quit")
            assert not await typist.ended

    on_loopback(body)
    lines = told()
    assert sorted(results(lines)[2:4]) == [("call", False), ("hangup", True)]
    assert [*results(lines)[:2], *results(lines)[4:]] == [
        ("register", True), ("register", True), ("deregister", True), ("quit", True),
    ]  # fmt: skip
    assert next(line for line in lines if line.get("command") == "call")["status"] == 487


def test_a_call_is_answered_and_ended_by_the_other_side(told: Read) -> None:
    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2) as two:
            await two.register()
            typist = Typist(one)
            typist.type("register")
            while one.registered is None:
                await asyncio.sleep(0.01)
            calling = asyncio.create_task(two.call(user(1)))
            while one.call_now is None:
                await asyncio.sleep(0.01)
            typist.type("answer")
            assert await calling == 200
            await two.hang_up()
            assert await two.message(user(1), "bye") == 200
            typist.leave()
            assert await typist.ended

    on_loopback(body)
    lines = told()
    assert results(lines) == [("register", True), ("answer", True), ("deregister", True)]
    stages = [(line["stage"], line["from"]) for line in lines if line.get("event") == "call"]
    assert stages == [(stage, user(2)) for stage in ("ringing", "answered", "up", "ended")]
    assert next(line for line in lines if line.get("event") == "message")["text"] == "bye"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end(told: Read, number: signal.Signals) -> None:
    """In the middle of a call that rings: cancelled, de-registered, and the command has its result."""

    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2) as two:
            await two.register()
            typist = Typist(one)
            typist.type("register")
            typist.type(f"call {user(2)}")
            await next_of(two, CallChanged)
            os.kill(os.getpid(), number)
            assert not await typist.ended
            assert not await two.hold(10)
            assert one.registered is None

    on_loopback(body)
    lines = told()
    assert results(lines) == [("register", True), ("call", False), ("hangup", True), ("deregister", True)]
    assert next(line for line in lines if line.get("command") == "call")["reason"] == "told to end"


def test_staying_registered(told: Read) -> None:
    async def body(net: Loopback) -> None:
        async with net.ue(1) as one:
            assert await obey(one, "register", stay=True)
            assert one.registered is not None

    on_loopback(body)
    assert results(told()) == [("register", True)]


def test_words_instead_of_values(capsys: pytest.CaptureFixture[str]) -> None:
    async def body(net: Loopback) -> None:
        async with net.ue(1) as one, net.ue(2, answer_after_s=0) as two:
            await two.register()
            assert not await obey(
                one, "help", "register", "sas", f"call {user(2)}", "hop", "quit", as_json=False
            )

    on_loopback(body)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok: register; deregister; message TO TEXT…; ")
    assert lines[1].startswith(
        f"ok: registered sip:001010000000001@{DOMAIN} for 600000 s; set 1, null/aes-gcm"
    )
    assert lines[2].startswith("ok: set 1 (in use) SA1-up 0x")
    assert lines[3] == f"* call to {user(2)}: calling"
    assert lines[-8:-5] == [
        f"* call to {user(2)}: up",
        f"ok: call to {user(2)}: 200 OK",
        f"failed: no such command: hop; there are {', '.join(VERBS)}",
    ]
    assert lines[-2:] == ["ok: de-registered", "ok: end"]


def test_every_verb_says_what_it_does() -> None:
    """`help` lists them; the page about the shell takes their words from here."""
    assert {verb.does.__doc__ for verb in VERBS.values()} > {"Send a MESSAGE."}
    assert all((verb.does.__doc__ or "").endswith(".") for verb in VERBS.values())
