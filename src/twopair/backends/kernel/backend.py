"""`KernelBackend`: SA sets in Linux XFRM."""

import logging
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing

from twopair.backends.contract import Features, InstallError, SaCounters
from twopair.backends.kernel import xfrm
from twopair.backends.kernel.closed import ClosedPorts
from twopair.backends.kernel.events import Events
from twopair.backends.kernel.netlink import Netlink
from twopair.backends.kernel.owner import SETS, Owner, close_priority, owner_of_state, reqid_of, scattered
from twopair.backends.kernel.reconcile import Reconciled, reconcile
from twopair.backends.kernel.sets import Associations, Step, associations, put_in, steps, take_out
from twopair.backends.kernel.statistics import Statistics
from twopair.base import Endpoint, Spi, Suite
from twopair.core.esp import SUITES, Inbound, Named, Outbound, Sad
from twopair.core.sa import Claims, SaSet

_log = logging.getLogger(__name__)


class KernelBackend:
    """An `IpsecBackend` made of the kernel's states and policies, in the namespace of the calling thread.

    `Claims` beside it know the rules for SPIs and selectors (SA-15..SA-18, SA-22), which the kernel
    does not. The kernel's own traffic over the loopback device passes IPsec by; `guard` keeps it
    out of sockets.

    Args:
        suites: what the probe found to work; see `probe`.
        netlink: a socket of one's own; by default a new one.

    Attributes:
        events: what the kernel says of its own accord.

    Raises:
        OSError: no XFRM, or no right to use it.
    """

    def __init__(self, suites: tuple[Suite, ...] = SUITES, *, netlink: Netlink | None = None) -> None:
        self._features = Features(name="kernel", encrypts=True, suites=suites)
        self._sad: Sad[None] = Sad(lambda _sa: None)
        self._claims = Claims()
        self._present: dict[int, list[Step]] = {}
        self._reqids: dict[int, int] = {}
        self._used: set[int] = set()
        self._number = 0
        with ExitStack() as opened:
            self._netlink = opened.enter_context(closing(netlink or Netlink(xfrm.NETLINK_XFRM)))
            self._owner = opened.enter_context(closing(Owner()))
            self._closed = ClosedPorts(self._netlink, close_priority(self._owner.number))
            self._statistics = opened.enter_context(closing(Statistics()))
            self.events = opened.enter_context(closing(Events()))
            self._opened = opened.pop_all()

    @property
    def features(self) -> Features:
        """What it can do."""
        return self._features

    # after a restart

    def reconcile(self, known: Iterable[SaSet] = ()) -> Reconciled:
        """Adopt what stands whole and is known; remove what the dead left; touch nothing of others.

        To be called in the namespace in which this was made, before anything is installed.

        Args:
            known: sets that our predecessor had, from its store. Those that stand whole in the kernel go
                on under it, with their sequence numbers and replay windows; the rest is gone.

        Raises:
            OSError: the socket failed.
        """
        done = reconcile(self._netlink, self._owner, known)
        for sa_set, reqid in done.adopted.items():
            sas = associations(sa_set)
            self._book(sa_set, sas)
            self._keep(sa_set.set_id, reqid, steps(sa_set, reqid, sas))
        return done

    # sets

    def install(self, sa_set: SaSet) -> None:
        """See `IpsecBackend`."""
        sas = associations(sa_set)
        self._book(sa_set, sas)
        try:
            reqid = self._free_reqid()
            wanted = steps(sa_set, reqid, sas)
            refused = put_in(self._netlink, wanted)
        except OSError as error:
            self._strike(sa_set.set_id)
            raise InstallError(f"the kernel: {error}") from None
        if refused:
            self._strike(sa_set.set_id)
            raise InstallError("; ".join(f"{step.do.subject}: {why}" for step, why in refused))
        self._keep(sa_set.set_id, reqid, wanted)

    def remove(self, set_id: int) -> None:
        """See `IpsecBackend`."""
        if not self._strike(set_id):
            return
        for refused in take_out(self._netlink, self._present.pop(set_id)):
            _log.warning("SA set %d was not whole any more: %s", set_id, refused)
        self._used.discard(self._reqids.pop(set_id))

    def _book(self, sa_set: SaSet, sas: Associations) -> None:
        conflict = self._claims.take(sa_set)
        if conflict is not None:
            raise InstallError(f"{conflict.words} ({conflict.clause})")
        outbound = tuple(Named(arrow.name, sa) for arrow, sa in sas if arrow.sender is sa_set.end)
        inbound = tuple(Named(arrow.name, sa) for arrow, sa in sas if arrow.sender is not sa_set.end)
        self._sad.add(sa_set.set_id, outbound, inbound)

    def _strike(self, set_id: int) -> bool:
        """Undo `_book`; whether there was anything."""
        self._claims.release(set_id)
        return self._sad.remove(set_id) is not None

    def _keep(self, set_id: int, reqid: int, present: list[Step]) -> None:
        self._present[set_id] = present
        self._reqids[set_id] = reqid
        self._used.add(reqid)

    def _free_reqid(self) -> int:
        """The next number nobody has; none comes back before all others were used."""
        if len(self._used) >= SETS:
            raise OSError(f"{SETS} sets stand already")
        while True:
            self._number = self._number % SETS + 1
            reqid = reqid_of(self._owner.number, scattered(self._number))
            if reqid not in self._used:
                return reqid

    def close(self, endpoint: Endpoint) -> None:
        """See `IpsecBackend`. Raises OSError if the kernel will not: then do not use the port."""
        self._closed.close(endpoint)

    def reopen(self, endpoint: Endpoint) -> None:
        """See `IpsecBackend`."""
        self._closed.reopen(endpoint)

    # counters

    def query(self) -> Iterable[SaCounters]:
        """See `IpsecBackend`. Octets are counted as the kernel does: of whole IP packets when sending."""
        states = map(xfrm.decode_state, self._netlink.dump(xfrm.GET_STATE))
        found = {(s.dst, s.spi): s for s in states if owner_of_state(s) is not None}
        return [
            counters
            for installed in self._sad
            for sa in (*map(_key, installed.outbound), *map(_key, installed.inbound))
            for counters in _counters(*sa, found)
        ]

    def drops(self) -> Mapping[str, int]:
        """See `IpsecBackend`; of the whole network namespace, since this back end began."""
        return self._statistics.drops()

    def shut_down(self) -> None:
        """Remove all that is ours, and let go. A second call does nothing."""
        for set_id in list(self._present):
            self.remove(set_id)
        self._closed.reopen_all()
        self._opened.close()


def _key(sa: Outbound[None] | Inbound[None]) -> tuple[int, str, str, Spi]:
    return sa.set_id, sa.name, sa.association.selector.dst, sa.spi


def _counters(
    set_id: int, name: str, dst: str, spi: Spi, found: Mapping[tuple[str, int], xfrm.State]
) -> Iterable[SaCounters]:
    """What the kernel counted for an SA; nothing if it is not there any more."""
    state = found.get((dst, spi))
    if state is not None:
        yield SaCounters(set_id, name, spi, state.packets, state.octets, state.replayed, state.bad_icv)
