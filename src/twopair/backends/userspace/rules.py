"""Policy routing that leads protected ports of an ordinary host through our TUN device, and only there.

Four kinds of rules, of IPv4 and IPv6 alike, in this order; the kernel asks them for every packet that
arrives and for every one that leaves::

    1  iif tpN                                  lookup local     what came out of ESP is delivered
    2  to ADDRESS ipproto {udp,tcp} dport PORT  blackhole        clear text dies in silence (SA-21)
    3  iif lo from ADDRESS … sport PORT         lookup table N   what leaves the port goes to the engine
    4                                           lookup local     the kernel's own rule 0, moved behind

Table N has a default route over the TUN device and a worse one into a black hole: when the process
dies, its device and the first route go, and the port falls silent instead of speaking in clear.
Rules carry a protocol number of ours, and the number of their device within their table's, so what a
predecessor left behind is recognised and removed; a successor has it stand until its own rules do, for the
connections of the dead live on for a while, and would speak in clear. A first fragment shows no ports to
rule 2: sockets have a filter of their own against that, see `raw.guard`.
"""

from collections.abc import Callable, Iterable
from errno import EEXIST
from functools import partial
from pathlib import Path
from socket import AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, if_nametoindex
from typing import Any, Final

from pyroute2 import NetlinkError

from twopair.backends.userspace.ports import HOST_MTU
from twopair.backends.userspace.routes import (
    family_of,
    have,
    index_of,
    largest_segment,
    quieten,
    with_netlink,
)
from twopair.base import Endpoint, Port, canonical_address

DEVICE_PREFIX: Final = "tp"
_OWN: Final = 84
"""Routing protocol number on all that is made here."""

_TABLES: Final = 0x54500000
_TABLE_LOCAL: Final = 255
_DELIVER, _SILENCE, _LEAVE, _LOCAL = 1, 2, 3, 4
_FAMILIES: Final = (AF_INET, AF_INET6)
_EVERYTHING: Final = {AF_INET: "0.0.0.0/0", AF_INET6: "::/0"}
_LAST_METRIC: Final = 2**32 - 1


class PolicyRoutes:
    """The rules and routes of one TUN device, in the namespace of the thread that makes it.

    Args:
        device: name of the TUN device, which exists.
        wire_mtu: of the network that ESP packets travel over; limits TCP segments.
        inherits: whether what a predecessor left stands until `settle`; otherwise it goes at once.

    Raises:
        OSError: netlink refused something; nothing is left behind.
    """

    def __init__(self, device: str, wire_mtu: int, *, inherits: bool = False) -> None:
        self._device = device
        self._wire_mtu = wire_mtu
        self._opened: set[Endpoint] = set()
        if not inherits:
            with_netlink(lambda netlink: _remove_stale(netlink, device))
        # A packet from the TUN has a source that is reached by another device: not strictly the way
        # back, but a way (loose reverse path filter, RFC 3704 §2.4).
        have(Path("/proc/sys/net/ipv4/conf") / device / "rp_filter", "2")
        quieten(device)
        self.index = with_netlink(self._begin)

    def open(self, endpoint: Endpoint) -> None:
        """Lead a protected port through the device, and close it to everything else."""
        with_netlink(lambda netlink: self._change(netlink, partial(_add, netlink.rule), endpoint))
        self._opened.add(endpoint)

    def settle(self) -> None:
        """All ports of this process are closed: what a predecessor left goes, but for what is ours now."""
        with_netlink(self._settle)

    def shut(self, endpoint: Endpoint) -> None:
        """Undo `open`."""
        with_netlink(lambda netlink: self._change(netlink, partial(netlink.rule, "del"), endpoint))
        self._opened.discard(endpoint)

    def close(self) -> None:
        """Remove every rule and route of this device; the device itself is its owner's."""
        with_netlink(lambda netlink: _remove(netlink, {self._table}, {self._device}))

    def _begin(self, netlink: Any) -> int:
        index = index_of(netlink, self._device)
        self._table = table_of(index)
        netlink.link("set", index=index, mtu=HOST_MTU, state="up")
        metrics = {"advmss": largest_segment(self._wire_mtu)}
        try:
            for family in _FAMILIES:
                route = {"family": family, "dst": _EVERYTHING[family], "table": self._table}
                _add(netlink.route, **route, proto=_OWN, oif=index, metrics=metrics)
                _add(netlink.route, **route, proto=_OWN, type="blackhole", priority=_LAST_METRIC)
                own = {"family": family, "protocol": _OWN, "table": _TABLE_LOCAL}
                _add(netlink.rule, **own, priority=_DELIVER, iifname=self._device)
                _move_local(netlink, family, behind=True)
        except BaseException:
            _remove(netlink, {self._table}, {self._device})
            raise
        return index

    def _settle(self, netlink: Any) -> None:
        """One of each rule is left; those of the predecessor and ours may be the same."""
        _remove_stale(netlink)
        seen: list[dict[str, Any]] = []
        for family, rule in list(_own_rules(netlink)):
            same = {"family": family, **_same(rule)}
            ports = rule.get("table") == self._table
            if same in seen or (ports and _endpoint_of(rule) not in self._opened):
                netlink.rule("del", **same)
            seen.append(same)

    def _change(self, netlink: Any, rule: Callable[..., object], endpoint: Endpoint) -> None:
        family = family_of(endpoint.address)
        length = 32 if family == AF_INET else 128
        port = f"{endpoint.port}:{endpoint.port}"
        here = {"family": family, "protocol": _OWN, "table": self._table}
        for protocol in (IPPROTO_UDP, IPPROTO_TCP):
            rule(
                **here,
                priority=_SILENCE,
                action="blackhole",
                dst=endpoint.address,
                dst_len=length,
                ip_proto=protocol,
                dport_range=port,
            )
            rule(
                **here,
                priority=_LEAVE,
                iifname="lo",
                src=endpoint.address,
                src_len=length,
                ip_proto=protocol,
                sport_range=port,
            )


class RoutesOfAnother:
    """Those of a device that several workers share: who has started them has made them, and ends them.

    Args:
        device: name of the TUN device.
    """

    def __init__(self, device: str) -> None:
        self.index = if_nametoindex(device)

    def open(self, endpoint: Endpoint) -> None:
        """It is open, and closed to all else."""

    def shut(self, endpoint: Endpoint) -> None:
        """Others use it."""

    def settle(self) -> None:
        """That has been done."""

    def close(self) -> None:
        """Others use them."""


def table_of(index: int) -> int:
    """Number of the routing table that belongs to the device with that number."""
    return _TABLES | index & 0xFFFFF


def _add(what: Callable[..., object], **wanted: Any) -> None:
    """Add a rule or a route, unless a predecessor's is the same one."""
    try:
        what("add", **wanted)
    except NetlinkError as error:
        if error.code != EEXIST:
            raise


def _endpoint_of(rule: Any) -> Endpoint | None:
    """The port that a rule is about."""
    for address, ports in (("dst", "dport_range"), ("src", "sport_range")):
        if rule.get(address) and rule.get(ports):
            return Endpoint(
                canonical_address(rule.get(address)), Port(int(rule.get(ports).partition(":")[0]))
            )
    return None


def _remove_stale(netlink: Any, device: str = "") -> None:
    """Remove what belongs to devices that are gone: their process died without a word.

    `device` is new and has nothing yet; a predecessor's may have had the same name.
    """
    alive = {link.get("ifname"): table_of(link.get("index")) for link in netlink.get_links()}
    alive = {
        name: table for name, table in alive.items() if name.startswith(DEVICE_PREFIX) and name != device
    }
    rules = [rule for _, rule in _own_rules(netlink)]
    tables = {rule.get("table") for rule in rules} - set(alive.values()) - {_TABLE_LOCAL}
    devices = {rule.get("iifname") for rule in rules} - set(alive) - {None, "lo"}
    _remove(netlink, tables, devices)


def _own_rules(netlink: Any) -> Iterable[tuple[int, Any]]:
    for family in _FAMILIES:
        for rule in netlink.get_rules(family=family):
            if rule.get("protocol") == _OWN:
                yield family, rule


def _remove(netlink: Any, tables: set[int], devices: set[str]) -> None:
    """Remove all that belongs to these tables and devices; with the last of it, the local rule moves back."""
    for family, rule in list(_own_rules(netlink)):
        if rule.get("table") in tables or rule.get("iifname") in devices:
            netlink.rule("del", family=family, **_same(rule))
    for table in sorted(tables):
        for family in _FAMILIES:
            netlink.flush_routes(family=family, table=table)
    for family in _FAMILIES:
        if not any(of == family and rule.get("priority") != _LOCAL for of, rule in _own_rules(netlink)):
            _move_local(netlink, family, behind=False)


def _same(rule: Any) -> dict[str, Any]:
    """What names a rule in a request to delete it."""
    names = (
        "priority",
        "protocol",
        "table",
        "iifname",
        "src",
        "dst",
        "ip_proto",
        "sport_range",
        "dport_range",
    )
    wanted: dict[str, Any] = {name: rule.get(name) for name in names if rule.get(name) is not None}
    return wanted | {"src_len": rule["src_len"], "dst_len": rule["dst_len"], "action": rule["action"]}


def _move_local(netlink: Any, family: int, *, behind: bool) -> None:
    """Move the kernel's rule for local addresses behind ours, or back to where it was."""
    rules = list(netlink.get_rules(family=family))
    at = {
        rule.get("priority") or 0
        for rule in rules
        if rule.get("table") == _TABLE_LOCAL and not rule.get("iifname")
    }
    wanted, other = (_LOCAL, 0) if behind else (0, _LOCAL)
    if wanted not in at:
        netlink.rule(
            "add", family=family, priority=wanted, table=_TABLE_LOCAL, protocol=_OWN if behind else 2
        )
    if other in at:
        netlink.rule("del", family=family, priority=other, table=_TABLE_LOCAL)
