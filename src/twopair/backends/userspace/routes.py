"""Links, addresses, routes and rules of the network namespace one is in, through netlink."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_interface, ip_network
from pathlib import Path
from socket import AF_INET, AF_INET6
from typing import Any, Final, TypeVar

from pyroute2 import IPRoute, NetlinkError

T = TypeVar("T")

_NO_DAD: Final = 0x02  # IFA_F_NODAD: an address on our own device is nobody else's
_IPV6_OVERHEAD: Final = 40 + 20
_RTN_LOCAL: Final = 2
_POLLS: Final = 1000
_POLL_S: Final = 0.002
_ESP_OVERHEAD: Final = 8 + 16 + 2 + 15 + 16
"""The most that any suite adds: header, IV, trailer, padding, ICV."""


def with_netlink(work: Callable[[Any], T]) -> T:
    """Call `work` with an open `pyroute2.IPRoute` of the calling thread's network namespace.

    It runs in a thread of its own, which inherits the namespace: `IPRoute` drives an event loop, and
    must not meet one that is running here.

    Raises:
        OSError: netlink refused something.
    """

    def open_and_work() -> T:
        with IPRoute() as netlink:
            return work(netlink)

    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            return pool.submit(open_and_work).result()
        except NetlinkError as error:
            raise OSError(error.code, str(error)) from None


def index_of(netlink: Any, name: str) -> int:
    """Number of the link with that name. Raises OSError if there is none."""
    found = netlink.link_lookup(ifname=name)
    if not found:
        raise OSError(f"no link {name}")
    return int(found[0])


def family_of(address: str) -> int:
    """AF_INET or AF_INET6."""
    return AF_INET6 if ":" in address else AF_INET


def largest_segment(wire_mtu: int) -> int:
    """The TCP segment that still fits into one packet on the wire once ESP is around it (MSG-08).

    The device's MTU is far larger than the wire's, so TCP has to be told.
    """
    return wire_mtu - _IPV6_OVERHEAD - _ESP_OVERHEAD


def quieten(name: str) -> None:
    """Keep IPv6 from talking on that link: no link-local address, so no router solicitation."""
    switch = Path("/proc/sys/net/ipv6/conf") / name / "addr_gen_mode"
    if switch.exists():
        have(switch, "1")


def have(switch: Path, value: str) -> None:
    """Have a switch below /proc/sys say that. In containers it is often read-only, and may say so already."""
    if switch.read_text().strip() != value:
        switch.write_text(value)


def await_carrier(*names: str) -> None:
    """Wait until links that were taken up carry packets; a veth pair loses them before.

    Raises:
        OSError: one of them does not, after two seconds.
    """

    def work(netlink: Any) -> None:
        for index in [index_of(netlink, name) for name in names]:
            _await(partial(_has_carrier, netlink, index), f"{', '.join(names)} carry packets")

    with_netlink(work)


def _has_carrier(netlink: Any, index: int) -> bool:
    return bool(netlink.link("get", index=index)[0].get("operstate") == "UP")


def _await(condition: Callable[[], bool], what: str) -> None:
    """Wait for what the kernel does soon after it said yes."""
    for _ in range(_POLLS):
        if condition():
            return
        time.sleep(_POLL_S)
    raise OSError(f"in vain waited until {what}")


def _is_local(netlink: Any, address: str) -> bool:
    """Whether packets to an address are delivered here."""
    try:
        return bool(netlink.route("get", dst=address)[0]["type"] == _RTN_LOCAL)
    except NetlinkError:
        return False


def raise_link(
    name: str, addresses: Iterable[str], routes: Iterable[str], *, mtu: int, wire_mtu: int
) -> None:
    """Give a link its MTU and addresses, take it up, and route networks over it.

    Args:
        name: of the link.
        addresses: the host's own, with or without prefix length: ``10.0.0.1`` or ``10.0.0.1/24``.
        routes: networks behind the link: ``0.0.0.0/0``.
        mtu: of the link.
        wire_mtu: of the network that ESP packets travel over; limits TCP segments.

    Raises:
        OSError: netlink refused something.
    """
    quieten(name)

    def work(netlink: Any) -> None:
        index = index_of(netlink, name)
        netlink.link("set", index=index, mtu=mtu, state="up")
        for text in addresses:
            own = ip_interface(text)
            flags = {"flags": _NO_DAD} if own.version == 6 else {}
            netlink.addr("add", index=index, address=str(own.ip), prefixlen=own.network.prefixlen, **flags)
            # The kernel takes an IPv6 address at once, and packets to it a little later.
            _await(partial(_is_local, netlink, str(own.ip)), f"{own.ip} is local")
        metrics = {"advmss": largest_segment(wire_mtu)}
        for text in routes:
            network = str(ip_network(text))
            netlink.route("add", family=family_of(text), dst=network, oif=index, metrics=metrics)

    with_netlink(work)
