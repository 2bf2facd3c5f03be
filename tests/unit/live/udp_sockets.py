"""Sockets of others, as a test reads them."""

from socket import AF_INET, SOCK_DGRAM, socket

from tests.unit.live.doubles import free_endpoint

from twopair.base import Endpoint


def received(sock: socket, count: int) -> list[bytes]:
    sock.settimeout(2)
    return [sock.recv(65_536) for _ in range(count)]


def end_of(sock: socket) -> Endpoint:
    return Endpoint(*sock.getsockname())


def nothing_more(sock: socket) -> bool:
    sock.settimeout(0.05)
    try:
        sock.recv(65_536)
    except TimeoutError:
        return True
    return False


def listening() -> socket:
    sock = socket(AF_INET, SOCK_DGRAM)
    sock.bind(free_endpoint())
    return sock
