"""Orders that a running home network takes about its users (24.229 §5.4.1.5, §5.4.1.6)."""

from collections.abc import Callable, Iterator, Mapping
from json import dumps
from typing import Any, Final

from twopair.live.admin.server import Carry
from twopair.live.driver import Driver
from twopair.nodes.events import Dismiss, Reauthenticate
from twopair.nodes.facts import Ordered
from twopair.wire.reginfo import ContactEvent

EVENTS: Final = (ContactEvent.REJECTED, ContactEvent.DEACTIVATED, ContactEvent.PROBATION)
"""What an operator may have a user told (24.229 §5.4.1.5)."""

LONGEST_S: Final = 86_400
"""The longest time that an order may name."""

Order = Dismiss | Reauthenticate


def orders(driver: Driver, beyond: Callable[[Order], int] = lambda _order: 0) -> dict[str, Carry]:
    """By name; each is carried out before its answer, which tells how many registrations it has found.

    Args:
        driver: of the home network.
        beyond: carries an order to S-CSCFs of others; gives how many users it was about there.
    """
    outcomes: list[Ordered] = []

    def keep(fact: object) -> None:
        if isinstance(fact, Ordered):
            outcomes.append(fact)

    driver.listen(keep)

    def carried_out(read: Callable[[Mapping[str, Any]], Order]) -> Carry:
        def carry(said: Mapping[str, Any]) -> Iterator[str]:
            try:
                order = read(said)
            except (KeyError, ValueError) as error:
                yield dumps({"error": f"no such order: {error}"})
                return
            outcomes.clear()
            driver.feed(order)
            done = outcomes[-1]
            found = done.registrations + beyond(order)
            yield dumps({"who": done.who, "registrations": found, "watchers": done.watchers})

        return carry

    return {"deregister": carried_out(_dismiss), "reauthenticate": carried_out(_reauthenticate)}


def _dismiss(said: Mapping[str, Any]) -> Dismiss:
    event = ContactEvent(said.get("event", ContactEvent.REJECTED.value))
    if event not in EVENTS:
        raise ValueError(f"{event.value} is not for the network to say")
    after = said.get("retry_after_s")
    return Dismiss(_who(said), event, None if after is None else _seconds(after))


def _reauthenticate(said: Mapping[str, Any]) -> Reauthenticate:
    return Reauthenticate(_who(said), _seconds(said.get("within_s", 60)))


def _who(said: Mapping[str, Any]) -> str:
    if not said.get("who"):
        raise ValueError("whom it is about is missing")
    return str(said["who"])


def _seconds(value: object) -> int:
    if not isinstance(value, int) or not 0 < value <= LONGEST_S:
        raise ValueError(f"{value} is no number of seconds from 1 to {LONGEST_S}")
    return value
