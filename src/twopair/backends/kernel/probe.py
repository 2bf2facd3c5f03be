"""What this machine's kernel can do, found by doing it: a real SA of each algorithm, put in and taken out."""

import errno
import gzip
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.algorithms import ALGORITHMS
from twopair.backends.kernel.netlink import Batch, Netlink, Refused, Request
from twopair.backends.kernel.owner import reqid_of
from twopair.base import DEFAULT_SUITES, Port, Secret, Suite
from twopair.core.esp import Selector
from twopair.crypto import expand

_ENDS: Final = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
"""Addresses for documentation (RFC 5737, RFC 3849): no packet ever meets these SAs."""

_CONFIG: Final = {4: "CONFIG_INET_ESP", 6: "CONFIG_INET6_ESP"}
_MODULE: Final = {4: "esp4", 6: "esp6"}
_IPV6_PRESENT: Final = Path("/proc/net/if_inet6")
_RELEASE: Final = os.uname().release
_CONFIGS: Final = (
    Path("/proc/config.gz"),
    Path(f"/boot/config-{_RELEASE}"),
    Path(f"/lib/modules/{_RELEASE}/config"),
)
_NO_ESP: Final = (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT)
_NO_RIGHT: Final = "CAP_NET_ADMIN is missing: run as root"
_REQID: Final = reqid_of(0, 1)
_KEY: Final = Secret(bytes(range(16)))


class Lack(NamedTuple):
    """Something that does not work.

    Args:
        words: one sentence.
        version: IP version it is limited to, None for both.
        suite: what it is limited to, None for all.
    """

    words: str
    version: int | None = None
    suite: Suite | None = None


class Probe(NamedTuple):
    """What was found: everything works, but for what is lacking."""

    lacks: tuple[Lack, ...]

    def suites(self, version: int = 4) -> tuple[Suite, ...]:
        """The suites that work over an IP version."""
        return tuple(suite for suite in ALGORITHMS if not self.lacking((suite,), (version,)))

    def lacking(self, suites: Iterable[Suite] = DEFAULT_SUITES, versions: Iterable[int] = (4,)) -> str:
        """The first thing a service lacks that uses these; empty if nothing."""
        suites_too, versions_too = (None, *suites), (None, *versions)
        return next((x.words for x in self.lacks if x.suite in suites_too and x.version in versions_too), "")


def probe() -> Probe:
    """Try everything in the network namespace of the calling thread; leaves nothing behind."""
    try:
        netlink = Netlink(xfrm.NETLINK_XFRM)
    except OSError as error:
        return Probe((Lack(_no_xfrm(error)),))
    with closing(netlink):
        try:
            return Probe((*_try_policy(netlink), *_try_states(netlink, 4), *_try_states(netlink, 6)))
        except OSError as error:
            return Probe((Lack(f"netlink: {error}"),))


def _try_policy(netlink: Netlink) -> Iterator[Lack]:
    wanted = xfrm.encode(_selector(4))
    refused = _ask(netlink, xfrm.block(wanted.selector, xfrm.OUT, priority=0))
    if not refused:
        _ask(netlink, xfrm.delete_policy(wanted.selector, xfrm.OUT))
    elif refused[0].code == errno.EPERM:
        yield Lack(_NO_RIGHT)
    elif refused[0].code != errno.EEXIST:  # somebody else probes at this moment
        yield Lack(f"kernel takes no policies: {refused[0]}")


def _try_states(netlink: Netlink, version: int) -> Iterator[Lack]:
    refusals = [(suite, why) for suite in ALGORITHMS if (why := _try(netlink, _selector(version), suite))]
    if len(refusals) == len(ALGORITHMS):
        # An algorithm is looked for before ESP is: the gravest reason may not be the first.
        why = next((r for _, r in refusals if r.code in (errno.EPERM, *_NO_ESP)), refusals[0][1])
        yield Lack(_nothing_works(version, why), None if why.code == errno.EPERM else version)
        return
    for suite, why in refusals:
        yield Lack(f"IPv{version}: no {suite}: {_of_algorithm(suite, why)}", version, suite)


def _try(netlink: Netlink, selector: Selector, suite: Suite) -> Refused | None:
    """Put one SA in, and take it out; what the kernel said against it."""
    keys = expand(suite, _KEY, _KEY)
    algorithms = b"".join(part.encode(keys) for part in ALGORITHMS[suite])
    wanted, spi = xfrm.encode(selector), _unlikely_spi()
    refused = _ask(netlink, xfrm.add_state(wanted, spi, _REQID, algorithms))
    if refused:
        return refused[0]
    _ask(netlink, xfrm.delete_state(wanted.dst, spi))
    return None


def _ask(netlink: Netlink, request: Request) -> list[Refused]:
    return netlink.ask(Batch.of([request]))


def _selector(version: int) -> Selector:
    src, dst = _ENDS[version]
    return Selector(src=src, src_port=Port(5062), dst=dst, dst_port=Port(6100))


def _unlikely_spi() -> int:
    return 0x5450_0000 | int.from_bytes(os.urandom(2), "big")


def _nothing_works(version: int, why: Refused) -> str:
    if why.code == errno.EPERM:
        return _NO_RIGHT
    if version == 6 and not _IPV6_PRESENT.exists():
        return "IPv6 is off: switched off at boot (ipv6.disable), or the kernel has it not, or not loaded"
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
    for path in _CONFIGS:
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
