"""Our CSCFs before our HSS, Diameter between them (29.228 §6; 29.229)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.unit.live.diameter.bed import CSCF, REALM, cscf_side, free_port, hss_side, running
from tests.unit.nodes.homenet.core_side import ALICE, BOB, IMSI_1, KEYS, CoreSide, Numbers

from twopair.base import Impi, Report, Send
from twopair.core.aka import Card, CardProfile, SqnHome, SqnProfile
from twopair.live.diameter.far_hss import FarHss
from twopair.live.diameter.hss import HssServer
from twopair.nodes.actions import Action
from twopair.nodes.cx import AskHss, Reason, Rtr
from twopair.nodes.events import Event
from twopair.nodes.facts import Deregistered, Resynchronised
from twopair.nodes.homenet import HomeNetwork
from twopair.nodes.homenet.hss import Hss
from twopair.wire.sip import Request, Response, parse


class Far(CoreSide):
    """CSCFs whose HSS is behind Diameter; what they send is collected."""

    far: FarHss

    def __init__(self) -> None:
        super().__init__()
        self.home = HomeNetwork(self.config, None, Numbers())
        self.sent: list[Request | Response] = []
        self.came = asyncio.Event()

    def feed(self, event: Event) -> list[Request | Response]:
        if hasattr(self, "came"):
            self.take(event)
        return []

    def take(self, event: Event) -> None:
        actions: list[Action] = list(self.home.feed(event, self.now))
        self.facts += [action.fact for action in actions if isinstance(action, Report)]
        self.sent += [parse(action.data) for action in actions if isinstance(action, Send)]
        for action in actions:
            if isinstance(action, AskHss):
                self.far.ask(action)
        self.came.set()

    async def answer_to(self, request: Request) -> Response:
        self.send(request)
        while not self.sent:
            self.came.clear()
            await asyncio.wait_for(self.came.wait(), 5)
        (answer,) = self.sent
        self.sent = []
        assert isinstance(answer, Response)
        return answer

    async def until(self, fact: type) -> None:
        while not any(isinstance(one, fact) for one in self.facts):
            self.came.clear()
            await asyncio.wait_for(self.came.wait(), 5)


@asynccontextmanager
async def both() -> AsyncIterator[tuple[Far, HssServer]]:
    at = free_port()
    async with running(hss_side(at), cscf_side(at, timeout_s=2)) as (theirs, ours):
        core = Far()
        server = HssServer(theirs, Hss(core.store, Numbers()))
        core.far = FarHss(ours, REALM, "", core.take)
        while not ours.open:
            await asyncio.sleep(0.01)
        yield core, server


async def registers(core: Far) -> None:
    sm4 = await core.answer_to(core.register(core.alice))
    assert sm4.status == 401
    sm8 = core.register(core.alice, core.respond(core.alice, sm4), protected="yes")
    sm10 = await core.answer_to(sm8)
    assert sm10.status == 200
    assert sm10.values("P-Associated-URI") == [f"<{ALICE}>"]


def test_registration_location_and_de_registration() -> None:
    """UAR, MAR, SAR, LIR; the profile comes as User-Data."""

    async def day() -> None:
        async with both() as (core, server):
            await registers(core)
            assert server.serving(core.alice.impi) == (CSCF, REALM, core.alice.card.impus[0])
            assert (await core.answer_to(core.request("MESSAGE", BOB))).status == 480
            assert (await core.answer_to(core.request("MESSAGE", "sip:x@y"))).status == 404
            left = core.register(core.alice, expires=0, protected="yes")
            assert (await core.answer_to(left)).status == 200
            assert server.serving(core.alice.impi) is None

    asyncio.run(day())


def test_resynchronisation() -> None:
    """AKA-16, AKA-17: RAND and AUTS travel in SIP-Authorization."""

    async def day() -> None:
        async with both() as (core, _):
            ahead = SqnHome.restore(1 << 20, SqnProfile()).snapshot()
            core.alice.card = Card(CardProfile.from_imsi(IMSI_1, KEYS), [ahead >> 5] * 32)
            sm4 = await core.answer_to(core.register(core.alice))
            auts = core.respond(core.alice, sm4)
            assert "auts=" in auts
            again = await core.answer_to(core.register(core.alice, auts))
            assert again.status == 401
            assert Resynchronised(core.alice.impi) in core.facts
            sm8 = core.register(core.alice, core.respond(core.alice, again), protected="yes")
            assert (await core.answer_to(sm8)).status == 200

    asyncio.run(day())


def test_the_hss_ends_a_registration() -> None:
    """29.228 §6.1.3: RTR; the S-CSCF answers, and the user is gone."""

    async def day() -> None:
        async with both() as (core, server):
            await registers(core)
            codes: list[int | None] = []
            rtr = Rtr(core.alice.impi, (), Reason.PERMANENT_TERMINATION, "bye")
            assert server.terminate(rtr, codes.append)
            await core.until(Deregistered)
            while not codes:
                await asyncio.sleep(0.01)
            assert codes == [2001]
            assert not server.terminate(Rtr(Impi("nobody@home")), codes.append)
            assert (await core.answer_to(core.request("MESSAGE", ALICE))).status == 480

    asyncio.run(day())
