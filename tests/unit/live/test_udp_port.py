"""A UDP port: read alone or in bursts, and what a full socket holds back."""

import asyncio
from collections.abc import Hashable, Iterable, Sequence
from socket import AF_INET, SOCK_DGRAM, socket

from tests.unit.live.doubles import free_endpoint
from tests.unit.live.driver_bed import UDP, run
from tests.unit.live.udp_sockets import end_of, listening, nothing_more, received

from twopair.base import (
    Flow,
    Received,
)
from twopair.bursts import Datagram, OneByOne
from twopair.live.datagrams import UdpPort


class Full(OneByOne):
    """Takes so many datagrams, then is full until it is told otherwise."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def send(self, sock: socket, datagrams: Sequence[Datagram], begin: int = 0) -> int:
        if not self.room:
            raise BlockingIOError
        self.room -= 1
        return super().send(sock, datagrams, begin)


class FullPort:
    """A port whose socket is full after some datagrams."""

    def __init__(self, room: int) -> None:
        self.way = Full(room)
        self.may_send = True
        self.refused: list[Flow] = []
        sock = socket(AF_INET, SOCK_DGRAM)
        sock.setblocking(False)
        local = free_endpoint()
        sock.bind(local)
        self.port = UdpPort(
            sock,
            local,
            loop=asyncio.get_running_loop(),
            take=self._take,
            may_send=lambda: self.may_send,
            refused=lambda flow, _error: self.refused.append(flow),
            way=self.way,
        )

    def _take(self, events: Iterable[Received]) -> None:
        assert not list(events)


class Asked(OneByOne):
    """Notes how many datagrams are asked for at once."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def receive(self, sock: socket, most: int) -> Sequence[tuple[Hashable, bytes]]:
        self.asked.append(most)
        return super().receive(sock, most)


def test_one_is_read_alone_until_there_were_more() -> None:
    """One that is alone is answered sooner by a call of its own; many cost less in one."""

    async def body() -> None:
        way, taken = Asked(), list[list[bytes]]()
        sock, local = socket(AF_INET, SOCK_DGRAM), free_endpoint()
        sock.setblocking(False)
        sock.bind(local)
        port = UdpPort(
            sock,
            local,
            loop=asyncio.get_running_loop(),
            take=lambda events: taken.append([event.data for event in events]),
            may_send=lambda: True,
            refused=lambda _flow, _error: None,
            way=way,
        )
        with listening() as peer:
            for count, asked, came in (
                (1, [], [[b"0"]]),
                (1, [], [[b"0"]]),
                (4, [62], [[b"0"], [b"1"], [b"2", b"3"]]),
                (2, [64], [[b"0", b"1"]]),
                (1, [64], [[b"0"]]),
                (1, [], [[b"0"]]),
            ):
                way.asked, taken[:] = [], []
                for number in range(count):
                    peer.sendto(b"%d" % number, local)
                await asyncio.sleep(0.01)
                assert way.asked == asked
                assert taken == came
        port.close()

    run(body)


def test_a_full_socket_keeps_what_it_cannot_send_and_its_order() -> None:
    async def body() -> None:
        with listening() as peer:
            full = FullPort(3)
            full.port.send([(b"%d" % n, end_of(peer)) for n in range(10)])
            assert received(peer, 3) == [b"0", b"1", b"2"]
            full.port.send([(b"10", end_of(peer))])
            assert nothing_more(peer)
            full.way.room = 4
            await asyncio.sleep(0.02)
            full.port.send([(b"11", end_of(peer))])
            assert received(peer, 4) == [b"3", b"4", b"5", b"6"]
            full.way.room = 1000
            await asyncio.sleep(0.02)
            assert received(peer, 5) == [b"7", b"8", b"9", b"10", b"11"]
            full.port.send([(b"12", end_of(peer))])
            assert received(peer, 1) == [b"12"]
            assert full.port.lost == 0
            full.port.close()

    run(body)


def test_a_socket_that_is_full_for_long_loses_the_oldest() -> None:
    async def body() -> None:
        with listening() as peer:
            full = FullPort(0)
            for begin in range(0, 1_100, 100):
                full.port.send([(b"%d" % n, end_of(peer)) for n in range(begin, begin + 100)])
            assert full.port.lost == 1_100 - 1_024
            for begin in range(1_100 - 1_024, 1_100, 128):
                full.way.room = 128
                await asyncio.sleep(0.02)
                assert received(peer, 128) == [b"%d" % n for n in range(begin, begin + 128)]
            full.port.close()

    run(body)


def test_what_a_full_socket_kept_does_not_leave_after_the_tenure() -> None:
    """ADR 20."""

    async def body() -> None:
        with listening() as peer:
            full = FullPort(0)
            full.port.send([(b"x", end_of(peer))] * 5)
            full.may_send = False
            full.way.room = 10
            await asyncio.sleep(0.05)
            assert nothing_more(peer)
            assert full.port.lost == 5
            full.port.close()

    run(body)


def test_one_that_is_kept_and_then_refused_is_told_of_and_does_not_stop_the_others() -> None:
    async def body() -> None:
        with listening() as peer:
            there = end_of(peer)
            full = FullPort(0)
            full.port.send([(b"a", there), (bytes(70_000), there), (b"b", there)])
            assert not full.refused
            full.way.room = 10
            await asyncio.sleep(0.02)
            assert received(peer, 2) == [b"a", b"b"]
            assert full.refused == [Flow(UDP, full.port.local, there)]
            full.port.close()

    run(body)
