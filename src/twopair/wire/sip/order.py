"""Which header stands in which line: what depends on the names alone is worked out once for each order.

Phones and proxies write their headers in few orders, and thousands of messages in each (docs/adr/0025).
An `Order` is shared by all messages with the same names in the same lines: where a header stands, what a
proxy takes out and what is left then are looked up, not searched. Nothing of a value is kept, and what
peers can make us keep is bounded: see `_MOST_ORDERS` and below it.
"""

from itertools import compress
from typing import Final, TypeVar

from twopair.wire.sip.edit import Edit
from twopair.wire.sip.names import ASKED

ABSENT: Final = -1
"""In place of the number of a line."""

_MOST_ORDERS: Final = 512
"""Orders kept; when one more comes all are forgotten, and found anew as they come."""

_MOST_LINES: Final = 64
_MOST_CHARACTERS: Final = 1024
"""Header lines, and characters of their names, of an order that is kept."""

_MOST_STEPS: Final = 64
"""Changes of which an order knows the outcome; our own code makes about twenty."""

Key = TypeVar("Key")
Value = TypeVar("Value")


class Order:
    """The canonical names of a message's header lines, in order. To be had from `order_of`.

    Attributes:
        names: one for each line.
        once: those that stand in one line only.
        at: a name as our own code writes it → the first line of that name, or ABSENT; see `first`.
    """

    __slots__ = ("_edits", "_rests", "_steps", "at", "names", "once")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        at: dict[str, int] = {}
        repeated: set[str] = set()
        for number, name in enumerate(names):
            if at.setdefault(name, number) != number:
                repeated.add(name)
        self.at = at
        self.once = frozenset(names) - repeated
        self._edits: dict[Edit, Rest] = {}
        self._rests: dict[tuple[bool, frozenset[str]], Rest] = {}
        self._steps: dict[tuple[int | str, ...], Order] = {}

    def first(self, name: str) -> int:
        """The first line of that header, named in any case or by its compact form, or ABSENT."""
        number = self.at.get(name)
        if number is None:
            number = self.at.get(ASKED[name], ABSENT)
            if len(self.at) < len(self.names) + _MOST_STEPS:
                self.at[name] = number
        return number

    def with_line(self, number: int, name: str) -> "Order":
        """With a line of that canonical name put in before the line of that number."""
        step = (number, name)
        known = self._steps.get(step)
        return known or _note(self._steps, step, order_of((*self.names[:number], name, *self.names[number:])))

    def without_line(self, number: int) -> "Order":
        """With the line of that number taken out."""
        step = (number,)
        known = self._steps.get(step)
        return known or _note(self._steps, step, order_of(self.names[:number] + self.names[number + 1 :]))

    def behind(self, names: list[str]) -> "Order":
        """With lines of these names, as our own code writes them, behind all others."""
        step = ("", *names)
        known = self._steps.get(step)
        return known or _note(self._steps, step, order_of((*self.names, *[ASKED[name] for name in names])))

    def without(self, names: frozenset[str]) -> "Rest":
        """What is left without the lines of these canonical names."""
        choice = (False, names)
        known = self._rests.get(choice)
        return known or _note(self._rests, choice, Rest(self.names, [n not in names for n in self.names]))

    def only(self, names: frozenset[str]) -> "Rest":
        """What is left if the lines of these canonical names alone stay."""
        choice = (True, names)
        known = self._rests.get(choice)
        return known or _note(self._rests, choice, Rest(self.names, [n in names for n in self.names]))

    def edited(self, edit: Edit) -> "Rest":
        """What stays of the lines, and the order once those of the edit are put in."""
        known = self._edits.get(edit)
        if known is None:
            known = Rest(self.names, [n not in edit.without for n in self.names])
            above, below = (tuple([ASKED[name] for name in some]) for some in (edit.above, edit.below))
            known.order = order_of(above + known.order.names + below)
            _note(self._edits, edit, known)
        return known

    def with_one(self, name: str, number: int) -> "Rest":
        """What is left if of the lines of that canonical name the one of that number alone stays."""
        keep = [have != name or at == number for at, have in enumerate(self.names)]
        return Rest(self.names, keep)

    def forget(self) -> None:
        """Drop the orders known from here, which know this one."""
        self._edits.clear()
        self._rests.clear()
        self._steps.clear()


class Rest:
    """What is left of an order: which lines stay, and the order of those.

    Attributes:
        keep: for each line whether it stays.
        order: of those that stay.
    """

    __slots__ = ("keep", "order")

    def __init__(self, names: tuple[str, ...], keep: list[bool]) -> None:
        self.keep = keep
        self.order = order_of(tuple(compress(names, keep)))


_kept: Final[dict[tuple[str, ...], Order]] = {}


def order_of(names: tuple[str, ...]) -> Order:
    """The order of these canonical names."""
    order = _kept.get(names)
    if order is None:
        order = Order(names)
        if is_kept(names):
            if len(_kept) >= _MOST_ORDERS:
                for one in _kept.values():
                    one.forget()
                _kept.clear()
            _kept[names] = order
    return order


def is_kept(names: tuple[str, ...]) -> bool:
    """Whether an order of so many and so long names may be kept."""
    return len(names) <= _MOST_LINES and sum(map(len, names)) <= _MOST_CHARACTERS


def _note(table: dict[Key, Value], key: Key, value: Value) -> Value:
    """Put a value into a table that must not grow without bound."""
    if len(table) >= _MOST_STEPS:
        table.clear()
    table[key] = value
    return value
