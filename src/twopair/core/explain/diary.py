"""Diaries: the last things that happened to each UE, bounded in every direction."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from twopair.base import Micros, seconds
from twopair.core.explain.happenings import Dismissed, Entry
from twopair.wire.sip import same_uri

LINES: Final = 50
"""Of one diary; the oldest go."""

A_DAY: Final = seconds(86_400)
"""After which a line is gone."""

DIARIES: Final = 10_000
"""Of one kind: of UEs that were registered once, of UEs that never were, of addresses. The oldest go.

So a flood of identities that nobody knows drives out its like, and not what is known of subscribers.
"""

_NAMES: Final = 8
"""Addresses and public identities that are kept of one UE; the oldest go."""


@dataclass(slots=True)
class Diary:
    """Of one UE, or of one address.

    Args:
        name: IMPI, or address.
        opened: when it was opened last, to be written in.

    Attributes:
        lines: oldest first.
        impus: public identities that it was or wants to be registered with.
        addresses: where it came from, the latest last.
    """

    name: str
    opened: Micros
    lines: deque[Entry] = field(default_factory=lambda: deque(maxlen=LINES))
    impus: dict[str, None] = field(default_factory=dict)
    addresses: dict[str, None] = field(default_factory=dict)

    def write(self, entry: Entry) -> None:
        """One more line, or the last one once more: a flood of one kind drives out nothing else."""
        what, last = entry.what, self.lines[-1].what if self.lines else None
        if isinstance(what, Dismissed) and isinstance(last, Dismissed) and last.like(what):
            self.lines[-1] = Entry(entry.at, replace(what, times=last.times + 1), entry.flow)
        else:
            self.lines.append(entry)

    def know(self, *, address: str = "", impus: Sequence[str] = ()) -> None:
        """Names by which it is found."""
        for names, name in (*((self.impus, impu) for impu in impus), (self.addresses, address)):
            if name:
                names.pop(name, None)
                names[name] = None
                if len(names) > _NAMES:
                    del names[next(iter(names))]

    def since(self, moment: Micros) -> tuple[Entry, ...]:
        """Lines that are not older."""
        return tuple(entry for entry in self.lines if entry.at >= moment)


class Shelf:
    """Diaries of one kind; those that were written in last stay.

    Args:
        most: how many at the moment.
    """

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._diaries: OrderedDict[str, Diary] = OrderedDict()

    def __len__(self) -> int:
        return len(self._diaries)

    def __iter__(self) -> Iterator[Diary]:
        """The one written in last comes first."""
        return reversed(tuple(self._diaries.values()))

    def get(self, name: str) -> Diary | None:
        """The diary of that name."""
        return self._diaries.get(name)

    def put(self, diary: Diary) -> None:
        """Take a diary, as the one written in last."""
        self._diaries[diary.name] = diary
        self._diaries.move_to_end(diary.name)
        while len(self._diaries) > self._most():
            self._diaries.popitem(last=False)

    def take(self, name: str) -> Diary | None:
        """Take one out."""
        return self._diaries.pop(name, None)

    def forget(self, before: Micros) -> None:
        """Drop diaries that were not written in since then."""
        while self._diaries:
            name, diary = next(iter(self._diaries.items()))
            if diary.opened >= before:
                return
            del self._diaries[name]


class Diaries:
    """All diaries of one P-CSCF.

    Args:
        most: of each kind, at the moment.
    """

    def __init__(self, most: Callable[[], int] = lambda: DIARIES) -> None:
        self._known, self._strangers, self._addresses = Shelf(most), Shelf(most), Shelf(most)

    def __len__(self) -> int:
        return sum(map(len, (self._known, self._strangers, self._addresses)))

    def of_ue(self, impi: str, now: Micros, *, confirmed: bool = False) -> Diary:
        """The diary of a UE, to write in; `confirmed` says that it is a subscriber beyond doubt."""
        self._forget(now)
        diary = self._known.get(impi)
        if diary is None:
            stranger = self._strangers.take(impi) if confirmed else self._strangers.get(impi)
            diary = stranger or Diary(impi, now)
            (self._known if confirmed else self._strangers).put(diary)
        else:
            self._known.put(diary)
        diary.opened = now
        return diary

    def of_address(self, address: str, now: Micros) -> Diary:
        """The diary of an address, for what nobody says whose it is."""
        self._forget(now)
        diary = self._addresses.get(address) or Diary(address, now)
        diary.know(address=address)
        self._addresses.put(diary)
        diary.opened = now
        return diary

    def find(self, who: str, address: str = "") -> list[Diary]:
        """Diaries of whom is meant, the likeliest first.

        Args:
            who: IMPI or public identity.
            address: the same, where it is an address.
        """
        if address:
            ues = [d for shelf in (self._known, self._strangers) for d in shelf if address in d.addresses]
            ues.sort(key=lambda d: d.opened, reverse=True)
            own = self._addresses.get(address)
            return ues + ([own] if own else [])
        found = self._known.get(who) or self._strangers.get(who)
        if found is not None:
            return [found]
        return [
            diary
            for shelf in (self._known, self._strangers)
            for diary in shelf
            if any(same_uri(who, impu) for impu in diary.impus)
        ]

    def _forget(self, now: Micros) -> None:
        for shelf in (self._known, self._strangers, self._addresses):
            shelf.forget(Micros(now - A_DAY))
