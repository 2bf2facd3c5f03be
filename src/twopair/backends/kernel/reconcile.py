"""After a restart: adopt what stands whole and is known, remove the rest of the dead, touch nothing else."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.netlink import Netlink, Request, batches, message
from twopair.backends.kernel.owner import Owner, left, owner_of_policy, owner_of_reqid, owner_of_state
from twopair.backends.kernel.sets import steps
from twopair.core.sa import SaSet


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of what was found.

    Args:
        adopted: sets that go on, with the reqid of each.
        states: number of states removed.
        policies: number of policies removed; those that close ports stay for a while (SA-21).
    """

    adopted: dict[SaSet, int] = field(default_factory=dict)
    states: int = 0
    policies: int = 0


def reconcile(netlink: Netlink, owner: Owner, known: Iterable[SaSet]) -> Reconciled:
    """Sort out what bears the mark of owners that are dead; see `KernelBackend.reconcile`."""
    states = [
        s for s in map(xfrm.decode_state, netlink.dump(xfrm.GET_STATE)) if owner_of_state(s) is not None
    ]
    policies = [
        p for p in map(xfrm.decode_policy, netlink.dump(xfrm.GET_POLICY)) if owner_of_policy(p) is not None
    ]
    marks = {owner_of_state(s) for s in states} | {owner_of_policy(p) for p in policies}
    dead = {number for number in marks if number is not None and owner.take(number)}
    states = [s for s in states if owner_of_state(s) in dead]
    policies = [p for p in policies if owner_of_policy(p) in dead]
    adopted = _whole(known, states, policies)
    kept = set(adopted.values())
    gone = [_out(p) for p in policies if p.reqid not in kept]
    orphans = [s for s in states if s.reqid not in kept]
    for batch in batches(gone + [xfrm.delete_state(xfrm.address(s.dst), s.spi) for s in orphans]):
        netlink.ask(batch)
    for number in dead - {owner_of_reqid(reqid) for reqid in kept}:
        owner.release(number)
    return Reconciled(adopted, states=len(orphans), policies=len(gone))


def _out(policy: xfrm.Policy) -> Request:
    """Ports of the dead stay closed: what came out of ESP may still wait, and until we have closed ours."""
    if policy.action == xfrm.BLOCK:
        return left(policy.wanted, policy.direction)
    return xfrm.delete_policy(policy.wanted, policy.direction)


def _whole(known: Iterable[SaSet], states: list[xfrm.State], policies: list[xfrm.Policy]) -> dict[SaSet, int]:
    """Those of the known sets whose four states and four policies stand as we would make them."""
    by_reqid: dict[int, set[object]] = defaultdict(set)
    for state in states:
        by_reqid[state.reqid].add(state.identity)
    for policy in policies:
        if policy.reqid:
            by_reqid[policy.reqid].add((policy.selector, policy.direction, policy.spi))
    reqids = {(state.dst, state.spi): state.reqid for state in states}
    found = {}
    for sa_set in known:
        sa = sa_set.inbound[0]
        reqid = reqids.get((sa.selector.dst, sa.spi))
        if reqid is not None and by_reqid[reqid] == _parts(sa_set, reqid):
            found[sa_set] = reqid
    return found


def _parts(sa_set: SaSet, reqid: int) -> set[object]:
    """The same of a set as it would be put in."""
    parts: set[object] = set()
    for step in steps(sa_set, reqid):
        wish = message(step.do)
        if wish.kind == xfrm.NEW_STATE:
            parts.add(xfrm.identity_of(wish.body))
        else:
            policy = xfrm.decode_policy(wish)
            parts.add((policy.selector, policy.direction, policy.spi))
    return parts
