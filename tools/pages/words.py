"""How tables of the code are said in words."""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from tools.pages.markdown import table


def heading(title: str, module: Any) -> Iterator[str]:
    """The heading of a table, with the module it stands in."""
    yield f"## {title}"
    yield ""
    path = module.__name__.replace(".", "/")
    yield f"[{module.__name__.removeprefix('twopair.')}](../../src/{path}.py)"
    yield ""


def in_words(member: Enum) -> str:
    """A member as one reads it: SEND_SM7 is `send SM7`."""
    return " ".join(word if word.startswith("SM") else word.lower() for word in member.name.split("_"))


def listed(members: Iterable[Enum]) -> str:
    """Members as a list."""
    return ", ".join(map(in_words, members)) or ""


def legend(head: str, members: Iterable[Enum]) -> Iterator[str]:
    """What members mean."""
    yield from table((head, "meaning"), ((in_words(member), str(member.value)) for member in members))
