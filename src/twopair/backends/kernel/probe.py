"""What this machine's kernel can do, found by doing it: a real SA of each algorithm, put in and taken out."""

import errno
import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.algorithms import ALGORITHMS
from twopair.backends.kernel.netlink import Netlink, Refused, Request
from twopair.backends.kernel.owner import reqid_of
from twopair.base import DEFAULT_SUITES, Port, Secret, Suite
from twopair.core.esp import Selector
from twopair.crypto import expand

_ENDS: Final = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
"""Addresses for documentation (RFC 5737, RFC 3849): no packet ever meets these SAs."""

_CONFIG: Final = {4: "CONFIG_INET_ESP", 6: "CONFIG_INET6_ESP"}
_MODULE: Final = {4: "esp4", 6: "esp6"}
_NO_ESP: Final = (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT)
_NO_RIGHT: Final = "CAP_NET_ADMIN is missing: run as root"
_REQID: Final = reqid_of(0, 1)
_KEY: Final = Secret(bytes(range(16)))


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found.

    Args:
        suites: those that work over IPv4.
        suites_6: those that work over IPv6.
        lacks: one sentence for each thing that does not work, the gravest first.
    """

    suites: tuple[Suite, ...] = ()
    suites_6: tuple[Suite, ...] = ()
    lacks: tuple[str, ...] = ()

    def serves(self, suites: tuple[Suite, ...] = DEFAULT_SUITES, *, ipv6: bool = False) -> bool:
        """Whether a service that uses these suites can have the kernel do its ESP."""
        return all(s in self.suites and (not ipv6 or s in self.suites_6) for s in suites)


def probe() -> Probe:
    """Try everything in the network namespace of the calling thread; leaves nothing behind."""
    try:
        netlink = Netlink(xfrm.NETLINK_XFRM)
    except OSError as error:
        return Probe(lacks=(_no_xfrm(error),))
    try:
        found = {version: list(_try(netlink, version)) for version in _ENDS}
        policies = list(_try_policy(netlink))
    except OSError as error:
        return Probe(lacks=(_NO_RIGHT if error.errno == errno.EPERM else f"netlink: {error}",))
    finally:
        netlink.close()
    works = {v: tuple(suite for suite, why in found[v] if why is None) for v in found}
    lacks = [*policies, *(words for v in found for words in _lacks(v, found[v]))]
    if policies:
        return Probe(lacks=tuple(policies))
    return Probe(works[4], works[6], tuple(dict.fromkeys(lacks)))


def _try(netlink: Netlink, version: int) -> Iterator[tuple[Suite, Refused | None]]:
    """Each suite, and what the kernel said against it."""
    src, dst = _ENDS[version]
    selector = Selector(src=src, src_port=Port(5062), dst=dst, dst_port=Port(6100))
    for suite, parts in ALGORITHMS.items():
        keys = expand(suite, _KEY, _KEY)
        algorithms = b"".join(part.encode(keys) for part in parts)
        spi = _unlikely_spi()
        refused = netlink.ask([xfrm.add_state(selector, spi, _REQID, algorithms, str(suite))])
        if not refused:
            netlink.ask([xfrm.delete_state(dst, spi)])
        yield suite, refused[0] if refused else None


def _try_policy(netlink: Netlink) -> Iterator[str]:
    src, dst = _ENDS[4]
    selector = Selector(src=src, src_port=Port(5062), dst=dst, dst_port=Port(6100))
    add: Request = xfrm.add_policy(selector, xfrm.OUT, priority=0, subject="probe")
    for refused in netlink.ask([add]):
        yield _NO_RIGHT if refused.code == errno.EPERM else f"kernel takes no policies: {refused}"
        return
    netlink.ask([xfrm.delete_policy(selector, xfrm.OUT)])


def _unlikely_spi() -> int:
    return 0x5450_0000 | int.from_bytes(os.urandom(2), "big")


def _lacks(version: int, found: list[tuple[Suite, Refused | None]]) -> Iterator[str]:
    """Sentences for what one IP version lacks."""
    refusals = [(suite, why) for suite, why in found if why is not None]
    if refusals and len(refusals) == len(found):
        # An algorithm is looked for before ESP is: the gravest reason may not be the first.
        why = next((r for _, r in refusals if r.code in (errno.EPERM, *_NO_ESP)), refusals[0][1])
        yield _nothing_works(version, why)
        return
    for suite, why in refusals:
        yield f"IPv{version}: no {suite}: {_of_algorithm(suite, why)}"


def _nothing_works(version: int, why: Refused) -> str:
    if why.code == errno.EPERM:
        return _NO_RIGHT
    if version == 6 and not Path("/proc/net/if_inet6").exists():
        return "IPv6 is off: the kernel was started without it (ipv6.disable), or CONFIG_IPV6 is not set"
    if why.code in _NO_ESP:
        family = "" if version == 4 else " for IPv6"
        name = _CONFIG[version]
        if (value := kernel_config(name)) == "":
            return f"kernel has no ESP{family}: {name} is not set"
        if value is None:
            return (
                f"kernel has no ESP{family}: {name} is not set, or its module {_MODULE[version]} is missing"
            )
        return f"kernel has no ESP{family}: {name}={value}, but module {_MODULE[version]} cannot be loaded"
    return f"kernel takes no ESP state over IPv{version}: {why}"


def _of_algorithm(suite: Suite, why: Refused) -> str:
    names = " with ".join(part.name for part in ALGORITHMS[suite])
    if why.code in (errno.ENOSYS, errno.ENOENT):
        return f"the kernel lacks {names}"
    return f"{names}: {why}"


def _no_xfrm(error: OSError) -> str:
    if error.errno == errno.EPROTONOSUPPORT:
        return "kernel has no XFRM over netlink: CONFIG_XFRM_USER is not set, or module xfrm_user is missing"
    return f"netlink: {error}"


def kernel_config(name: str) -> str | None:
    """How the running kernel was configured: ``y``, ``m``, empty for not set, None where nobody knows."""
    release = os.uname().release
    for path in (
        Path("/proc/config.gz"),
        Path(f"/boot/config-{release}"),
        Path(f"/lib/modules/{release}/config"),
    ):
        try:
            text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        except OSError:
            continue
        for line in text.decode(errors="replace").splitlines():
            key, _, value = line.partition("=")
            if key == name:
                return value
        return ""
    return None
