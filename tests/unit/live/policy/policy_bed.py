"""A PCRF of few words on loopback, beside the Rx side of a P-CSCF; in one event loop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.unit.live.diameter.bed import free_port

from twopair.live.diameter import base, rx
from twopair.live.diameter.local import RX, TGPP, Local, Neighbour
from twopair.live.diameter.message import Message, avp, text_of
from twopair.live.diameter.peers import Peers, Respond
from twopair.live.policy.rx import Rx
from twopair.nodes.policy import AskPolicy, EndPolicy, PolicyEvent

REALM = "pcc.example"
PCRF, PCSCF = f"pcrf.{REALM}", f"pcscf.{REALM}"


class Pcrf:
    """Holds AF sessions as 29.214 says, unless `code` is another result.

    Attributes:
        heard: requests, in order.
        sessions: Session-Ids that stand.
        code: of its next answers to AAR.
        experimental: whether that is an Experimental-Result.
        silent: whether it answers nothing.
    """

    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self.heard: list[Message] = []
        self.sessions: list[str] = []
        self.answers: list[int] = []
        self.code = base.SUCCESS
        self.experimental = False
        self.silent = False
        peers.serve(RX, self._take)

    def _take(self, request: Message, respond: Respond) -> None:
        self.heard.append(request)
        if self.silent:
            return
        session = text_of(request.avps, base.SESSION_ID)
        if request.command == rx.SESSION_TERMINATION:
            self.sessions.remove(session)
            respond(rx.result(base.SUCCESS))
            return
        if self.code == base.SUCCESS and session not in self.sessions:
            self.sessions.append(session)
        respond(self._result())

    def _result(self) -> Sequence[Any]:
        if not self.experimental:
            return rx.result(self.code)
        inner = [avp(base.VENDOR_ID, TGPP), avp(base.EXPERIMENTAL_RESULT_CODE, self.code)]
        return [avp(base.EXPERIMENTAL_RESULT, inner)]

    def says(self, command: int, avps: Sequence[Any], session: str = "") -> None:
        """Ask the P-CSCF; the result comes into `answers`."""

        def then(answer: Message | None) -> None:
            self.answers.append(0 if answer is None else base.result_of(answer)[0])

        to = session or self.sessions[0]
        self.peers.ask(RX, command, avps, then, realm=REALM, host=PCSCF, session_id=to)

    @property
    def commands(self) -> list[int]:
        """Codes of what was heard."""
        return [request.command for request in self.heard]


class Bed:
    """Both of them."""

    def __init__(self, rx_side: Rx, pcrf: Pcrf, told: list[PolicyEvent]) -> None:
        self.rx, self.pcrf, self.told = rx_side, pcrf, told

    def ask(self, what: AskPolicy | EndPolicy) -> None:
        self.rx.performs[type(what)](what)

    async def until(self, count: int) -> list[PolicyEvent]:
        """Wait for so many events."""
        while len(self.told) < count:
            await asyncio.sleep(0.01)
        return self.told

    async def heard(self, count: int) -> list[Message]:
        """Wait for so many requests at the PCRF."""
        while len(self.pcrf.heard) < count:
            await asyncio.sleep(0.01)
        return self.pcrf.heard


@asynccontextmanager
async def bed(timeout_s: float = 5.0) -> AsyncIterator[Bed]:
    """A P-CSCF whose PCRF is there."""
    listen = free_port()
    peers = Peers(Local(PCRF, REALM, (RX,), (Neighbour(PCSCF, REALM),), listen))
    await peers.start()
    pcrf = Pcrf(peers)
    told: list[PolicyEvent] = []
    near = Local(PCSCF, REALM, (RX,), (Neighbour(PCRF, REALM, listen),), timeout_s=timeout_s)
    rx_side = Rx(near, REALM, told.append)
    await rx_side.open()
    while not rx_side.connected:
        await asyncio.sleep(0.01)
    try:
        yield Bed(rx_side, pcrf, told)
    finally:
        await rx_side.close()
        await peers.stop()
