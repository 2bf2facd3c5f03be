"""A driver with a scripted node, and loops that end."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from tests.unit.live.doubles import NotingBackend, ScriptedNode

from twopair.base import (
    Bind,
    Endpoint,
    Impi,
    Port,
    Received,
    Secret,
    Send,
    Spi,
    Suite,
    Transport,
)
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto.annex_i import EspKeys
from twopair.live.driver import Driver
from twopair.nodes.actions import Action
from twopair.nodes.events import Event, Start

UDP, TCP = Transport.UDP, Transport.TCP


T = TypeVar("T")


Script = Callable[[Event], Sequence[Action]]


def run(body: Callable[[], Coroutine[Any, Any, None]], within_s: float = 10) -> None:
    asyncio.run(asyncio.wait_for(body(), within_s))


def driver_of(node: ScriptedNode, backend: NotingBackend | None = None) -> Driver:
    return Driver(node, backend or NotingBackend())  # type: ignore[arg-type]


def of(kind: type[T], events: Sequence[object]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def echo(*binds: Bind) -> Script:
    """Bind at the start, then send everything back."""

    def script(event: Event) -> Sequence[Action]:
        match event:
            case Start():
                return binds
            case Received(flow, data):
                return (Send(flow, data),)
        return ()

    return script


KEYS = EspKeys(Secret(bytes(20)), Secret(b""), Secret(b""))


def sa_set_between(ue: Endpoint, pcscf: Endpoint, ue_server: Port, pcscf_client: Port) -> SaSet:
    """A set as the UE sees it, whose SA1 joins the two endpoints."""
    return SaSet(
        set_id=7,
        impi=Impi("user@example.org"),
        end=End.UE,
        ue=ue.address,
        pcscf=pcscf.address,
        ports=Ports(ue.port, ue_server, pcscf_client, pcscf.port),
        spis=Spis(*map(Spi, (1001, 1002, 1003, 1004))),
        suite=Suite("hmac-sha-1-96", "null"),
        keys=KEYS,
    )
