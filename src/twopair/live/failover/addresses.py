"""Whether an address is one of this machine, now."""

from collections.abc import Iterable, Iterator
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket


def absent(addresses: Iterable[str]) -> Iterator[str]:
    """Those that no socket of this machine can be bound to: they are elsewhere, or not usable yet."""
    for address in addresses:
        with socket(AF_INET6 if ":" in address else AF_INET, SOCK_DGRAM) as probe:
            try:
                probe.bind((address, 0))
            except OSError:
                yield address
