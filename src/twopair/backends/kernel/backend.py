"""`KernelBackend`: SA sets in Linux XFRM."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from typing import Final, NamedTuple

from twopair.backends.contract import Features, InstallError, SaCounters
from twopair.backends.kernel import xfrm
from twopair.backends.kernel.closed import ClosedByAnother, ClosedPorts
from twopair.backends.kernel.events import Events
from twopair.backends.kernel.moves import Moves
from twopair.backends.kernel.netlink import Netlink
from twopair.backends.kernel.owner import SETS, Owner, close_priority, owner_of_state, reqid_of, scattered
from twopair.backends.kernel.reconcile import Reconciled, reconcile
from twopair.backends.kernel.sets import Plan, put_in, steps
from twopair.backends.kernel.statistics import Statistics
from twopair.backends.kernel.stencil import plan, removal
from twopair.base import Endpoint, Suite
from twopair.core.esp import SUITES, Positions
from twopair.core.sa import Claims, SaSet

_NO_TOPS: Final[dict[int, int]] = {}  # stays empty: only numbers of SPIs that are in it are noted


class Standing(NamedTuple):
    """A set that stands in the kernel.

    Args:
        sa_set: the set.
        reqid: that it was given.
        tops: the highest number accepted, as far as was told, by the SPIs of the inbound SAs; none where sets
            are not shared.
    """

    sa_set: SaSet
    reqid: int
    tops: dict[int, int]


class KernelBackend:
    """An `IpsecBackend` made of the kernel's states and policies, in the namespace of the calling thread.

    `Claims` beside it know the rules for SPIs and selectors (SA-15..SA-18, SA-22), which the kernel
    does not. The kernel's own traffic over the loopback device passes IPsec by; `guard` keeps it
    out of sockets.

    Args:
        suites: what the probe found to work; see `probe`.
        netlink: what sockets are made of.
        shared: whether other hosts may have the sets later.
        worker: number of this process where several share the ports; see `Owner`, `ClosedByAnother`.
        workers: how many there are.

    Attributes:
        events: what the kernel says without being waited for.

    Raises:
        OSError: no XFRM, or no right to use it.
    """

    def __init__(
        self,
        suites: tuple[Suite, ...] = SUITES,
        *,
        netlink: type[Netlink] = Netlink,
        shared: bool = False,
        worker: int | None = None,
        workers: int = 0,
    ) -> None:
        self._shared = shared
        self._features = Features(name="kernel", encrypts=True, suites=suites)
        self._claims = Claims()
        self._standing: dict[int, Standing] = {}
        self._reqids: dict[int, int] = {}
        self._number = 0
        with ExitStack() as opened:
            self._netlink = opened.enter_context(closing(netlink(xfrm.NETLINK_XFRM)))
            self._owner = opened.enter_context(closing(Owner(worker, workers)))
            ports = ClosedByAnother if worker else ClosedPorts
            self._closed = ports(self._netlink, close_priority(self._owner.number))
            self._statistics = opened.enter_context(closing(Statistics()))
            self.events = opened.enter_context(closing(Events(netlink)))
            self._moves = opened.enter_context(closing(Moves(netlink))) if shared else None
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
            self._claim(sa_set)
            self._keep(sa_set, reqid)
        if self._shared and done.adopted:
            self._note(map(xfrm.moved_of, self._netlink.dump(xfrm.GET_STATE)))
        return done

    # sets

    def install(self, sa_set: SaSet) -> None:
        """See `IpsecBackend`."""
        self._put_in(sa_set, lambda reqid: plan(sa_set, reqid, shared=self._shared))

    def take_over(self, sa_set: SaSet, at: Positions) -> None:
        """See `IpsecBackend`."""
        self._put_in(sa_set, lambda reqid: Plan.of(steps(sa_set, reqid, shared=self._shared, at=at)))
        tops = self._standing[sa_set.set_id].tops
        tops.update(zip(tuple(tops), at.received, strict=self._shared))

    def moved(self) -> Mapping[int, tuple[int, int]]:
        """See `IpsecBackend`; none where sets are not shared, the kernel keeps its counters itself."""
        found = {}
        if self._moves is not None:
            for set_id in self._note(self._moves.told(self._netlink)):
                first, second = self._standing[set_id].tops.values()
                found[set_id] = (first, second)
        return found

    def _note(self, told: Iterable[xfrm.Moved]) -> set[int]:
        """Take note of what inbound SAs of ours have received; the sets that they belong to."""
        moved = set()
        for reqid, spi, seen in told:
            set_id = self._reqids.get(reqid)
            if set_id is not None and spi in self._standing[set_id].tops:
                self._standing[set_id].tops[spi] = seen
                moved.add(set_id)
        return moved

    def _put_in(self, sa_set: SaSet, plan_for: Callable[[int], Plan]) -> None:
        self._claim(sa_set)
        try:
            reqid = self._free_reqid()
            wanted = plan_for(reqid)
            refused = put_in(self._netlink, wanted)
        except OSError as error:
            self._claims.release(sa_set.set_id)
            raise InstallError(f"the kernel: {error}") from None
        if refused:
            self._claims.release(sa_set.set_id)
            raise InstallError("; ".join(f"{subject}: {why}" for subject, why in refused))
        self._keep(sa_set, reqid)

    def remove(self, set_id: int) -> None:
        """See `IpsecBackend`."""
        gone = self._standing.pop(set_id, None)
        if gone is None:
            return
        self._claims.release(set_id)
        self.events.take_out(removal(gone.sa_set, gone.reqid))
        del self._reqids[gone.reqid]

    def _claim(self, sa_set: SaSet) -> None:
        conflict = self._claims.take(sa_set)
        if conflict is not None:
            raise InstallError(f"{conflict.words} ({conflict.clause})")

    def _keep(self, sa_set: SaSet, reqid: int) -> None:
        inbound = (arrow for arrow in sa_set.arrows if arrow.sender is not sa_set.end)
        tops = {int(sa_set.spis.of(arrow.spi_of)): 0 for arrow in inbound} if self._shared else _NO_TOPS
        self._standing[sa_set.set_id] = Standing(sa_set, reqid, tops)
        self._reqids[reqid] = sa_set.set_id

    def _free_reqid(self) -> int:
        """The next number nobody has; none comes back before all others were used."""
        if len(self._reqids) >= SETS:
            raise OSError(f"{SETS} sets stand already")
        while True:
            self._number = self._number % SETS + 1
            reqid = reqid_of(self._owner.number, scattered(self._number))
            if reqid not in self._reqids:
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
            counters for standing in self._standing.values() for counters in _counters(standing.sa_set, found)
        ]

    def counters(self, set_id: int) -> Iterable[SaCounters]:
        """See `IpsecBackend`: four requests, however many sets there are."""
        standing = self._standing.get(set_id)
        if standing is None:
            return []
        found: dict[tuple[str, int], xfrm.State] = {}
        for arrow in standing.sa_set.arrows:
            sa = standing.sa_set.association(arrow)
            dst = sa.selector.dst
            if (answer := self._netlink.get(xfrm.get_state(xfrm.address(dst), sa.spi))) is not None:
                found[dst, sa.spi] = xfrm.decode_state(answer)
        return list(_counters(standing.sa_set, found))

    def drops(self) -> Mapping[str, int]:
        """See `IpsecBackend`; of the whole network namespace, since this back end began."""
        return self._statistics.drops()

    def leave(self) -> None:
        """Let go, and have what stands stand: a successor adopts it (MGP-14)."""
        self._opened.close()

    def shut_down(self) -> None:
        """Remove all that is ours, and let go; ports open a while later. A second call does nothing."""
        for set_id in list(self._standing):
            self.remove(set_id)
        self._closed.leave_all()
        self._opened.close()


def _counters(sa_set: SaSet, found: Mapping[tuple[str, int], xfrm.State]) -> Iterable[SaCounters]:
    """What the kernel counted for each SA of a set; nothing for those that are not there any more."""
    for arrow in sa_set.arrows:
        sa = sa_set.association(arrow)
        s = found.get((sa.selector.dst, sa.spi))
        if s is not None:
            yield SaCounters(sa_set.set_id, arrow.name, sa.spi, s.packets, s.octets, s.replayed, s.bad_icv)
