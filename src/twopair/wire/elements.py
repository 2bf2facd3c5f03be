"""XML bodies as trees of bounded size (XML 1.0, Namespaces in XML 1.0), by the standard library's expat.

A document type is refused before anything is parsed: nobody needs one in a SIP body, and entities hide bombs.
"""

from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

from twopair.base import WireError

MOST_OCTETS: Final = 262_144
MOST_ELEMENTS: Final = 4_096
MOST_DEEP: Final = 12
MOST_ATTRIBUTES: Final = 32

_XML: Final = "http://www.w3.org/XML/1998/namespace"
_CLAUSE: Final = "XML 1.0 §2.8"
_ESCAPED: Final = {
    **dict.fromkeys(range(32)),
    **dict.fromkeys((65534, 65535)),
    **{ord(char): f"&#{ord(char)};" for char in "<>&\"'\t\n\r"},
}


class Element:
    """One element with what is in it.

    Args:
        space: its namespace, empty for none.
        name: its name there.
        attributes: by name, ``namespace name`` where they have a namespace.
        children: the elements in it.
        text: all characters directly in it.
    """

    __slots__ = ("attributes", "children", "name", "space", "text")

    def __init__(
        self,
        space: str,
        name: str,
        attributes: dict[str, str] | None = None,
        children: "list[Element] | None" = None,
        text: str = "",
    ) -> None:
        self.space = space
        self.name = name
        self.attributes: dict[str, str] = {} if attributes is None else attributes
        self.children: list[Element] = [] if children is None else children
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and self._all == other._all

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Element{self._all}"

    @property
    def _all(self) -> tuple[object, ...]:
        return (self.space, self.name, self.attributes, self.children, self.text)

    def is_a(self, space: str, name: str) -> bool:
        """Whether it is the element of that name."""
        return self.name == name and self.space == space

    def to_bytes(self) -> bytes:
        """The document whose root it is, in UTF-8."""
        parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
        _write(self, "", parts)
        return "".join(parts).encode("utf-8", "replace")


def read(data: bytes, clause: str) -> Element:
    """The root element of a document in UTF-8.

    Args:
        data: the document.
        clause: where the rule stands that it must follow, for errors.

    Raises:
        WireError: no XML, a document type, or more than the bounds of this module.
    """
    if len(data) > MOST_OCTETS:
        raise WireError("an XML body of more than 262144 octets", MOST_OCTETS, clause)
    for forbidden in (b"<!DOCTYPE", b"<!ENTITY"):
        at = data.find(forbidden)
        if at >= 0:
            raise WireError("a document type", at, _CLAUSE)
    reader = _Reader(clause)
    parser = ParserCreate("UTF-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(data, True)
    except ExpatError as error:
        raise WireError("no XML", max(error.offset, 0), clause) from None
    if reader.root is None:
        raise WireError("no XML", 0, clause)
    return reader.root


class _Reader:
    """Follows the elements of one document."""

    def __init__(self, clause: str) -> None:
        self.root: Element | None = None
        self._clause = clause
        self._path: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        for most, there, what in (
            (MOST_ELEMENTS, self._count, "elements"),
            (MOST_DEEP, len(self._path) + 1, "elements in each other"),
            (MOST_ATTRIBUTES, len(attributes), "attributes"),
        ):
            if there > most:
                raise WireError(f"more than {most} {what}", 0, self._clause)
        space, _, local = name.rpartition(" ")
        element = Element(space, local, attributes)
        if self._path:
            self._path[-1].children.append(element)
        else:
            self.root = element
        self._path.append(element)

    def end(self, _name: str) -> None:
        self._path.pop()

    def characters(self, data: str) -> None:
        self._path[-1].text += data


def _write(element: Element, around: str, parts: list[str]) -> None:
    """One element; `around` is the default namespace outside of it."""
    parts.append(f"<{element.name}")
    if element.space != around:
        parts.append(f' xmlns="{_escaped(element.space)}"')
    for number, (name, value) in enumerate(element.attributes.items()):
        space, _, local = name.rpartition(" ")
        if space == _XML:
            local = f"xml:{local}"
        elif space:
            parts.append(f' xmlns:n{number}="{_escaped(space)}"')
            local = f"n{number}:{local}"
        parts.append(f' {local}="{_escaped(value)}"')
    if not element.children and not element.text:
        parts.append("/>")
        return
    parts.append(f">{_escaped(element.text)}")
    for child in element.children:
        _write(child, element.space, parts)
    parts.append(f"</{element.name}>")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)
