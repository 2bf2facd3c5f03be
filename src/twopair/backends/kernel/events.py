"""What the kernel says without being waited for: something of ours is not as it was installed."""

import os
from typing import NamedTuple

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.netlink import ERROR, Answer, Batch, Netlink, refusal
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


class Missing(NamedTuple):
    """Something could not be taken out: it was gone already. Somebody removed it."""

    subject: str
    code: int

    def __str__(self) -> str:
        """For the log."""
        return f"{self.subject} could not be removed: {os.strerror(self.code)}"


Event = Acquired | Expired | Missing


class Events:
    """All kinds of event about what is ours, as far as the kernel tells. Raises OSError."""

    def __init__(self, netlink: type[Netlink] = Netlink) -> None:
        self._netlink = netlink(xfrm.NETLINK_XFRM, (xfrm.GROUP_ACQUIRE, xfrm.GROUP_EXPIRE))

    def fileno(self) -> int:
        """Readable when there is something."""
        return self._netlink.fileno()

    def take_out(self, batch: Batch) -> None:
        """Have the kernel delete something. It is done on return; what was gone already becomes an event."""
        self._netlink.tell(batch)

    def read(self) -> list[Event]:
        """What was said since, about any owner of ours."""
        said = (decode(answer) for answer in self._netlink.heard())
        return [event for event in said if event is not None]

    def close(self) -> None:
        """Stop listening."""
        self._netlink.close()


def decode(answer: Answer) -> Event | None:
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
    if answer.kind == ERROR:
        code, request = refusal(answer)
        return Missing(xfrm.decode_deleted(request), code)
    return None
