"""What no value breaks by itself: duplicates, values that do not go together, addresses of nobody."""

import ipaddress
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from twopair.core.secagree import allowed_suites

Place = tuple[str | int, ...]
"""Where a value stands: ``("gm", "port_pc", 1)``; places in lists are counted from 0."""

Found = Iterator[Place]


class Broken(ValueError):
    """What a file breaks.

    Args:
        found: where, and in words what is wrong; what would be right.
    """

    def __init__(self, found: Sequence[tuple[Place, str]]) -> None:
        super().__init__("; ".join(words for _, words in found))
        self.found = found


class Rule(NamedTuple):
    """One rule.

    Args:
        words: what is wrong; what would be right.
        breaks: from the whole file to the places that break it.
    """

    words: str
    breaks: Callable[[Any], Found]


def check(file: object, rules: Sequence[Rule]) -> None:
    """Raises Broken with every place where a rule is broken."""
    found = [(place, rule.words) for rule in rules for place in rule.breaks(file)]
    if found:
        raise Broken(found)


def repeated(values: Sequence[Hashable]) -> Iterator[int]:
    """Where a value stands that has stood before."""
    return (n for n, value in enumerate(values) if value in values[:n])


def twice(*place: str) -> Rule:
    """A list that has no value twice."""

    def breaks(file: Any) -> Found:
        for step in place:
            file = getattr(file, step)
        return ((*place, n) for n in repeated(file))

    return Rule("is given twice; give it once", breaks)


def legacy(section: str) -> Rule:
    """No removed algorithm unless that is said (33.203 Annex H)."""

    def breaks(file: Any) -> Found:
        part = getattr(file, section)
        for n, suite in enumerate(part.algorithms):
            if not allowed_suites((suite,), legacy=part.legacy):
                yield (section, "algorithms", n)

    return Rule(
        f"a removed algorithm (33.203 Annex H); give {section}.legacy = true, or another suite", breaks
    )


def family(address: str) -> int:
    """4 or 6."""
    return ipaddress.ip_address(address).version


def nobody(address: str) -> bool:
    """Whether no host can have the address."""
    ip = ipaddress.ip_address(address)
    return ip.is_multicast or ip.is_unspecified or str(ip) == "255.255.255.255"


def nobodys(addresses: Callable[[Any], Iterator[tuple[Place, str]]]) -> Rule:
    """Addresses of hosts."""
    return Rule(
        "an address of nobody: multicast, broadcast or unspecified; give that of one host",
        lambda file: (place for place, address in addresses(file) if nobody(address)),
    )


def when(place: Place, broken: Callable[[Any], bool]) -> Callable[[Any], Found]:
    """A rule with one place."""

    def breaks(file: Any) -> Found:
        if broken(file):
            yield place

    return breaks
