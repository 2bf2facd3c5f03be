"""Service point triggers: what of a request calls for a service (29.228 Annex B.2.3)."""

from dataclasses import dataclass
from enum import Enum

from twopair.core.service.patterns import compiled, found, is_all
from twopair.wire.sip import Request


class SessionCase(Enum):
    """Whose request it is, as the S-CSCF of the served user sees it; the value is that of 29.228 Annex F."""

    ORIGINATING = 0
    TERMINATING_REGISTERED = 1
    TERMINATING_UNREGISTERED = 2
    ORIGINATING_UNREGISTERED = 3
    ORIGINATING_CDIV = 4

    __hash__ = object.__hash__


class Registration(Enum):
    """What a REGISTER does (29.228 Annex F, tRegistrationType)."""

    INITIAL = 0
    AGAIN = 1
    ENDS = 2

    __hash__ = object.__hash__


class Occasion:
    """What criteria are asked about.

    Args:
        request: as it came.
        case: whose it is; None for a REGISTER, which begins no session.
        registration: what it does, where it is one.
    """

    __slots__ = ("case", "registration", "request")

    def __init__(
        self, request: Request, case: SessionCase | None, registration: Registration | None = None
    ) -> None:
        self.request = request
        self.case = case
        self.registration = registration


@dataclass(frozen=True, slots=True)
class MethodIs:
    """The method, of a REGISTER also what it does; no kind named means any."""

    method: str
    registrations: tuple[Registration, ...] = ()

    def holds(self, occasion: Occasion) -> bool:
        """Whether the occasion is one of these."""
        if occasion.request.method != self.method:
            return False
        return not self.registrations or occasion.registration in self.registrations


@dataclass(frozen=True, slots=True)
class UriLike:
    """The Request-URI, in which an expression is found. Raises ValueError where it is none."""

    pattern: str

    def __post_init__(self) -> None:
        compiled(self.pattern)

    def holds(self, occasion: Occasion) -> bool:
        """Whether the occasion is one of these."""
        return found(self.pattern, occasion.request.uri)


@dataclass(frozen=True, slots=True)
class HeaderLike:
    """A header field.

    Args:
        name: an expression for its whole name, in any case.
        content: one that is found in a value; None where the field need only be there.

    Raises:
        ValueError: one of them is no expression.
    """

    name: str
    content: str | None = None

    def __post_init__(self) -> None:
        compiled(self.name.lower())
        compiled(self.content or "")

    def holds(self, occasion: Occasion) -> bool:
        """Whether the occasion is one of these."""
        name = self.name.lower()
        return any(
            is_all(name, have) and (self.content is None or found(self.content, value))
            for have, value in occasion.request.headers()
        )


@dataclass(frozen=True, slots=True)
class CaseIs:
    """The session case."""

    case: SessionCase

    def holds(self, occasion: Occasion) -> bool:
        """Whether the occasion is one of these."""
        return occasion.case is self.case


@dataclass(frozen=True, slots=True)
class SessionLineLike:
    """A line of the session description.

    Args:
        line: an expression for its type: ``m``.
        content: one that is found in the rest of it; None where such a line need only be there.

    Raises:
        ValueError: one of them is no expression.
    """

    line: str
    content: str | None = None

    def __post_init__(self) -> None:
        compiled(self.line)
        compiled(self.content or "")

    def holds(self, occasion: Occasion) -> bool:
        """Whether the occasion is one of these; a body of another type has no such lines."""
        request = occasion.request
        if (request.get("Content-Type") or "").partition(";")[0].strip().lower() != "application/sdp":
            return False
        for text in request.body.decode("utf-8", "replace").splitlines():
            kind, equals, rest = text.partition("=")
            if equals and is_all(self.line, kind) and (self.content is None or found(self.content, rest)):
                return True
        return False


AnyOf = MethodIs | UriLike | HeaderLike | CaseIs | SessionLineLike
"""What a service point can ask for."""
