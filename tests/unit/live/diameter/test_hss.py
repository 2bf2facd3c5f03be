"""What our HSS tells the S-CSCFs of others on command (29.228 §6.1.3, §6.2.2)."""

import asyncio

from tests.unit.live.diameter.test_both_ends import both, registers
from tests.unit.nodes.homenet.core_side import ALICE, IMSI_1, TEL_BOB, subscriber

from twopair.base import Impi
from twopair.live.diameter import base, cx
from twopair.live.diameter.local import CX
from twopair.live.diameter.message import REQUEST, Message, avp, parse
from twopair.nodes.cx import Assignment, Mar, Ppr, Profile, Sar
from twopair.nodes.events import Dismiss, Reauthenticate
from twopair.nodes.facts import Deregistered
from twopair.wire.reginfo import ContactEvent


def test_an_order_goes_where_the_user_is() -> None:
    """By IMPI or any IMPU; the S-CSCF hears all public identities."""

    async def day() -> None:
        async with both() as (core, server):
            await registers(core)
            assert server.carry(Reauthenticate(ALICE)) == 0
            assert server.carry(Dismiss("sip:nobody@home")) == 0
            assert server.carry(Dismiss(ALICE, ContactEvent.DEACTIVATED)) == 1
            await core.until(Deregistered)
            assert server.carry(Dismiss(ALICE)) == 0, "nobody serves the user any more"

    asyncio.run(day())


def test_a_profile_is_pushed() -> None:
    """29.228 §6.2.2: the S-CSCF has the user data as they are now."""

    async def day() -> None:
        async with both() as (core, server):
            await registers(core)
            impi = core.alice.impi
            assert not server.push(Impi("nobody@home"), lambda _code: None)
            core.store._subscribers[impi] = subscriber(IMSI_1, ALICE, TEL_BOB)
            codes: list[int | None] = []
            assert server.push(impi, codes.append)
            while not codes:
                await asyncio.sleep(0.01)
            assert codes == [base.SUCCESS]
            sm8 = core.register(core.alice, "", protected="yes", contact=None)
            challenge = await core.answer_to(sm8)
            again = core.register(
                core.alice, core.respond(core.alice, challenge), protected="yes", contact=None
            )
            assert (await core.answer_to(again)).values("P-Associated-URI") == [f"<{ALICE}>", f"<{TEL_BOB}>"]

    asyncio.run(day())


def test_questions_that_are_none() -> None:
    """A command of another application, a scheme that is not AKA, identities that are missing."""

    async def day() -> None:
        async with both() as (core, server):
            impi, impu = core.alice.impi, ALICE

            def asked(command: int, avps: list[object]) -> Message:
                answers: list[Message] = []
                request = parse(Message(command, CX.id, REQUEST, [*cx.head(), *avps]).to_bytes())
                server._take(request, lambda avps: answers.append(request.answer(avps)))
                return answers[0]

            assert base.result_of(asked(999, []))[0] == base.COMMAND_UNSUPPORTED
            digest = [avp(cx.SIP_AUTH_DATA_ITEM, [avp(cx.SIP_AUTHENTICATION_SCHEME, "SIP Digest")])]
            named = [avp(base.USER_NAME, impi), avp(cx.PUBLIC_IDENTITY, impu), avp(cx.SERVER_NAME, "sip:s")]
            assert base.result_of(asked(cx.COMMANDS[Mar], [*named, *digest])) == (5006, True)
            for kept in (named[1:], [named[0], named[2]]):
                kind = avp(cx.SERVER_ASSIGNMENT_TYPE, Assignment.NO_ASSIGNMENT.value)
                assert base.result_of(asked(cx.COMMANDS[Sar], [*kept, kind])) == (base.SUCCESS, False)
            unknown = [avp(base.USER_NAME, "x@y"), *named[1:]]
            assert base.result_of(asked(cx.COMMANDS[Mar], unknown)) == (5001, True)

    asyncio.run(day())


def test_a_profile_for_nobody_is_taken_quietly() -> None:
    async def day() -> None:
        async with both() as (core, _):
            core.feed(Ppr(Impi("nobody@home"), Profile(())))
            assert core.sent == []

    asyncio.run(day())
