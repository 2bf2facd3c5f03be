"""The body ``application/3gpp-ims+xml``: what a network tells a UE to do instead (24.229 §7.6)."""

from typing import Final, NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate

from twopair.base import WireError

CONTENT_TYPE: Final = "application/3gpp-ims+xml"

_CLAUSE: Final = "24.229 §7.6"
_SERVICE: Final = ("ims-3gpp", "alternative-service")


class AlternativeService(NamedTuple):
    """The element of that name.

    Args:
        type: ``emergency``, ``restoration``.
        action: ``initial-registration``, …; empty if the element names none.
        reason: words for the user, may be empty.
    """

    type: str = ""
    action: str = ""
    reason: str = ""

    @classmethod
    def parse(cls, body: bytes) -> "AlternativeService | None":
        """Read a body; None if it tells of something else.

        Raises:
            WireError: no XML, or a document type, which nobody needs and which may hide a bomb.
        """
        reader = _Reader()
        parser = ParserCreate("UTF-8", namespace_separator=" ")
        parser.StartElementHandler = reader.start
        parser.EndElementHandler = reader.end
        parser.CharacterDataHandler = reader.text
        parser.StartDoctypeDeclHandler = reader.doctype
        try:
            parser.Parse(body, True)
        except ExpatError as error:
            raise WireError("no XML", error.offset, _CLAUSE) from None
        return (
            cls(**{name: " ".join(reader.said[name].split()) for name in cls._fields}) if reader.met else None
        )


class _Reader:
    """Follows the elements of one document."""

    def __init__(self) -> None:
        self.met = False
        self.said = dict.fromkeys(AlternativeService._fields, "")
        self._path: list[str] = []

    def start(self, name: str, _attributes: object) -> None:
        self._path.append(name.rpartition(" ")[2])
        self.met = self.met or tuple(self._path) == _SERVICE

    def end(self, _name: str) -> None:
        self._path.pop()

    def text(self, data: str) -> None:
        if len(self._path) == 3 and tuple(self._path[:2]) == _SERVICE and self._path[2] in self.said:
            self.said[self._path[2]] += data

    def doctype(self, *_: object) -> None:
        raise WireError("a document type", 0, _CLAUSE)
