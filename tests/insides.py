"""What an object has inside: a plain one, one with slots, or one that is compiled."""

from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any


def insides(of: object) -> dict[str, Any]:
    """Its attributes by name."""
    described = {
        name
        for name in dir(type(of))
        if isinstance(getattr(type(of), name), GetSetDescriptorType | MemberDescriptorType)
    }
    names = {*described, *getattr(of, "__dict__", ())} - {"__dict__", "__weakref__"}
    return {name: getattr(of, name) for name in sorted(names) if hasattr(of, name)}
