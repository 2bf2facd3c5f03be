"""How states and policies of ours are known from those of others, and from those of the dead.

The reqid of all that belongs to a set has our mark, the number of its owner and the number of the set::

    31       24 23   20 19                 0
    | 0x54 'T' | owner |    set, from 1     |

Together with a lifetime of 2^32-1 seconds, which nobody else sets, that is what we call ours. Policies
that close ports have no reqid; their priority and that lifetime mark them. Ports that their owner has
left stay closed for `LEFT_S`: such policies are nobody's, and the kernel takes them out.

An owner is a running process: it holds an abstract socket address, which the kernel keeps per network
namespace and frees when the process ends, however it ends. So whoever can take an owner's address
knows that this owner is dead, and that what bears its number is an orphan.
"""

import errno
import socket
from typing import Final

from twopair.backends.kernel.netlink import Request
from twopair.backends.kernel.xfrm import BLOCK, FOREVER_S, Policy, State, block

OWNERS: Final = 16
SETS: Final = 2**20 - 1
_MARK: Final = 0x54 << 24
_MARK_MASK: Final = 0xFF << 24
_OWNER_SHIFT: Final = 20

PROTECT_PRIORITY: Final = 0x5400
"""Priority of policies that protect; the lower one wins."""

LEFT_PRIORITY: Final = 0x5490
"""Priority of policies that close what its owner has left: behind all those of owners."""

LEFT_S: Final = 30
"""For how long these stand: longer than a packet waits between ESP and its socket, and than a P-CSCF that is
started again takes to close its ports."""

_CLOSE_PRIORITY: Final = 0x5480
_SCATTER: Final = 0x9E375  # odd: each step can be undone, so no two numbers meet
_ADDRESS: Final = "\0twopair/xfrm/{}"


def reqid_of(owner: int, number: int) -> int:
    """The reqid of a set, which has a number from 1 to `SETS`."""
    return _MARK | owner << _OWNER_SHIFT | number


def scattered(number: int) -> int:
    """The number of the n-th set: each from 1 to `SETS` once, in no simple order.

    The kernel finds a state by address xor reqid. Addresses of UEs are handed out one after the other;
    if reqids were as well, they would cancel out, and all states would stand in one chain.
    """
    mixed = number * _SCATTER & SETS
    return (mixed ^ mixed >> 10) * _SCATTER & SETS


def close_priority(owner: int) -> int:
    """Priority of an owner's policies that close ports: behind those that protect."""
    return _CLOSE_PRIORITY + owner


def owner_of_reqid(reqid: int) -> int | None:
    """The owner whose reqid this is, None if it is not one of ours."""
    return reqid >> _OWNER_SHIFT & 0xF if reqid & _MARK_MASK == _MARK and reqid & SETS else None


def owner_of_state(state: State) -> int | None:
    """The owner of a state, None if it is not ours."""
    return owner_of_reqid(state.reqid) if state.lifetime_s == FOREVER_S else None


def owner_of_policy(policy: Policy) -> int | None:
    """The owner of a policy, None if it is not ours."""
    if policy.lifetime_s != FOREVER_S:
        return None
    if policy.action == BLOCK:
        number = policy.priority - _CLOSE_PRIORITY
        return number if 0 <= number < OWNERS and not policy.reqid else None
    return owner_of_reqid(policy.reqid) if policy.priority == PROTECT_PRIORITY else None


def is_left(policy: Policy) -> bool:
    """Whether it closes what its owner has left."""
    return (policy.action, policy.priority, policy.lifetime_s) == (BLOCK, LEFT_PRIORITY, LEFT_S)


def left(selector: bytes, direction: int) -> Request:
    """Have a policy that closes something stand for `LEFT_S`, and then be gone."""
    return block(selector, direction, priority=LEFT_PRIORITY, for_s=LEFT_S, instead=True)


class Owner:
    """A number that no living process of this network namespace has.

    A worker has one that follows from its own, whatever was there before: after a restart of all of them
    what bears it is what this worker has left, and no other clears it away.

    Args:
        worker: whose number it is to be, from 1 on; None: the lowest that is free.
        workers: how many there are, each of which sees to what bears its number, and to nothing else.

    Attributes:
        number: ours until `close`.

    Raises:
        OSError: all are held, or that of the worker is (EUSERS).
    """

    def __init__(self, worker: int | None = None, workers: int = 0) -> None:
        self._held: dict[int, socket.socket] = {}
        own = {OWNERS - number for number in range(1, workers + 1)}
        mine = [OWNERS - worker] if worker else [number for number in range(OWNERS) if number not in own]
        self._others = set(range(OWNERS)) - set(mine) if worker else own
        for number in mine:
            if self.take(number):
                self.number = number
                return
        words = f"{OWNERS} programs of ours use" if not worker else "another P-CSCF of several workers uses"
        raise OSError(errno.EUSERS, f"{words} this network namespace already")

    def take(self, number: int) -> bool:
        """Hold a number as well, if nobody alive does; what bears it is an orphan then, and safe to touch."""
        if number in self._others:
            return False
        if number in self._held:
            return True
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            sock.bind(_ADDRESS.format(number))
        except OSError as error:
            sock.close()
            if error.errno != errno.EADDRINUSE:
                raise
            return False
        self._held[number] = sock
        return True

    def release(self, number: int) -> None:
        """Let go of a number that nothing bears any more; ours stays."""
        if number != self.number and number in self._held:
            self._held.pop(number).close()

    def close(self) -> None:
        """Let go of all. A second call does nothing."""
        for sock in self._held.values():
            sock.close()
        self._held.clear()
