"""What the kernel says of its own accord: a packet met a policy without its state, a state expired."""

from typing import NamedTuple

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.netlink import Answer, Netlink
from twopair.backends.kernel.owner import owner_of_reqid, owner_of_state
from twopair.core.esp import Selector


class Acquired(NamedTuple):
    """A packet was held back: its policy stands, but not its state. Somebody removed the state."""

    selector: Selector
    owner: int

    def __str__(self) -> str:
        """For the log."""
        s = self.selector
        return f"a state is missing for what goes from {s.src}:{s.src_port} to {s.dst}:{s.dst_port}"


class Expired(NamedTuple):
    """A state expired, or is about to: with lifetimes without end, somebody changed it."""

    spi: int
    dst: str
    hard: bool
    owner: int

    def __str__(self) -> str:
        """For the log."""
        return (
            f"the state with SPI {self.spi} to {self.dst} {'expired' if self.hard else 'is about to expire'}"
        )


class Events:
    """Both kinds of event about what is ours, as far as the kernel tells. Raises OSError."""

    def __init__(self) -> None:
        self._netlink = Netlink(xfrm.NETLINK_XFRM, (xfrm.GROUP_ACQUIRE, xfrm.GROUP_EXPIRE))

    def fileno(self) -> int:
        """Readable when there is something."""
        return self._netlink.fileno()

    def read(self) -> list[Acquired | Expired]:
        """What was said since, about any owner of ours."""
        said = (decode(answer) for answer in self._netlink.heard())
        return [event for event in said if event is not None]

    def close(self) -> None:
        """Stop listening."""
        self._netlink.close()


def decode(answer: Answer) -> Acquired | Expired | None:
    """The event in a message, None if it is of another kind or about what is not ours."""
    if answer.kind == xfrm.EXPIRE:
        state = xfrm.decode_state(answer)
        hard = bool(answer.body[xfrm.STATE_OCTETS])
        owner = owner_of_state(state)
        return None if owner is None else Expired(state.spi, state.dst, hard, owner)
    if answer.kind == xfrm.ACQUIRE:
        # struct xfrm_user_acquire: id, source, selector, policy and more; then the policy's template
        selector, reqid = xfrm.decode_acquire(answer)
        owner = owner_of_reqid(reqid)
        return None if owner is None else Acquired(selector, owner)
    return None
