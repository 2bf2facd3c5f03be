"""What objects weigh: a walk from some roots, each object once, octets as the allocator gives them.

Seen is whatever the interpreter's collector can follow, compiled objects included; what C libraries keep
for themselves (cipher contexts) is not, nor what lies free between objects.
"""

import gc
import sys
from collections import Counter, deque
from collections.abc import Iterable
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodDescriptorType, ModuleType
from typing import Any, Final, NamedTuple

ALIGNMENT: Final = 16
"""Octets of which the allocator gives multiples."""

SHARED: Final = (
    type,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    MethodDescriptorType,
    CodeType,
    FrameType,
)
"""Kinds of what belongs to the program, however many UEs there are."""


class Weight(NamedTuple):
    """What was found.

    Args:
        octets: of all objects.
        objects: how many.
        by_kind: octets by type.
        by_place: octets by who led to an object first: the nearest of our own classes, and its attribute.
    """

    octets: int
    objects: int
    by_kind: Counter[str]
    by_place: Counter[str]

    def minus(self, other: "Weight") -> "Weight":
        """By how much more this is."""
        kinds, places = Counter(self.by_kind), Counter(self.by_place)
        kinds.subtract(other.by_kind)
        places.subtract(other.by_place)
        return Weight(self.octets - other.octets, self.objects - other.objects, kinds, places)


def weigh(roots: Iterable[object]) -> Weight:
    """Walk from the roots, nearest first."""
    waiting: deque[tuple[Any, str]] = deque((root, "") for root in roots)
    seen = {id(one) for one, _ in waiting}
    kinds, places, counted = Counter[str](), Counter[str](), 0
    while waiting:
        one, place = waiting.popleft()
        kind, size = type(one), sys.getsizeof(one)
        size += -size % ALIGNMENT
        counted += 1
        kinds[kind.__qualname__] += size
        names = _names(one)
        places[place if names is None else kind.__qualname__] += size
        for part in gc.get_referents(one):
            if id(part) in seen or isinstance(part, SHARED):
                continue
            seen.add(id(part))
            if names is None:
                waiting.append((part, place))
            else:
                waiting.append((part, f"{kind.__qualname__}.{names.get(id(part), '')}"))
    return Weight(kinds.total(), counted, kinds, places)


def _names(one: object) -> dict[int, str] | None:
    """Of one of ours, what its attributes are, by what they hold; None for anything else."""
    kind = type(one)
    if not kind.__module__.startswith("twopair") or isinstance(one, tuple):
        return None
    found = dict(vars(one)) if hasattr(one, "__dict__") else {}
    for slots in (getattr(base, "__slots__", ()) for base in kind.__mro__):
        found |= {name: getattr(one, name, None) for name in slots if not name.startswith("__")}
    return {id(value): name for name, value in found.items()}
