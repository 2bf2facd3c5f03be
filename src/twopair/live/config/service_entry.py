"""Table [[service]] of home.toml: an initial filter criterion, as 29.228 Annex B has it."""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from twopair.core.service import (
    AnyOf,
    ApplicationServer,
    CaseIs,
    DefaultHandling,
    FilterCriterion,
    HeaderLike,
    MethodIs,
    Part,
    Point,
    Registration,
    SessionCase,
    SessionLineLike,
    Trigger,
    UriLike,
)
from twopair.live.config.fields import Section, Word

_CASES: Final = {case.name.lower(): case for case in SessionCase}
_REGISTRATIONS: Final = {kind.name.lower(): kind for kind in Registration}
_PARTS: Final = {part.name.lower(): part for part in Part}

_TESTS: Final = ("method", "uri", "header", "case", "line")
"""The keys of which a point has one."""


class PointEntry(Section):
    """Table [[service.point]]: one service point trigger."""

    groups: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] = Field(
        default_factory=lambda: [0]
    )
    negated: bool = False
    method: Word | None = None
    registration: list[Literal["initial", "again", "ends"]] = Field(default_factory=list)
    uri: str | None = None
    header: str | None = None
    case: (
        Literal[
            "originating",
            "terminating_registered",
            "terminating_unregistered",
            "originating_cdiv",
        ]
        | None
    ) = None
    line: str | None = None
    content: str | None = None

    @model_validator(mode="after")
    def _usable(self) -> "PointEntry":
        given = [key for key in _TESTS if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"asks for {len(given)} things; give one of {', '.join(_TESTS)}")
        if self.content is not None and given[0] not in ("header", "line"):
            raise ValueError("has content; give it beside header or line")
        if self.registration and self.method != "REGISTER":
            raise ValueError('has registration; give it beside method = "REGISTER"')
        self.point()
        return self

    def point(self) -> Point:
        """What the node is told. Raises ValueError for an expression that is none."""
        return Point(self._test(), tuple(self.groups), self.negated)

    def _test(self) -> AnyOf:
        if self.method is not None:
            return MethodIs(self.method, tuple(_REGISTRATIONS[kind] for kind in self.registration))
        if self.uri is not None:
            return UriLike(self.uri)
        if self.header is not None:
            return HeaderLike(self.header, self.content)
        if self.case is not None:
            return CaseIs(_CASES[self.case])
        return SessionLineLike(self.line or "", self.content)


class ServiceEntry(Section):
    """Table [[service]]; several of one name are one service."""

    name: Word
    server: Word
    priority: Annotated[int, Field(ge=0)] = 0
    default_handling: Literal["continued", "terminated"] = "continued"
    service_info: str = ""
    include: list[Literal["request", "response"]] = Field(default_factory=list)
    form: Literal["cnf", "dnf"] = "cnf"
    part: Literal["registered", "unregistered"] | None = None
    point: list[PointEntry] = Field(default_factory=list)

    def criterion(self) -> FilterCriterion:
        """What the node is told."""
        points = tuple(entry.point() for entry in self.point)
        server = ApplicationServer(
            self.server,
            DefaultHandling[self.default_handling.upper()],
            self.service_info,
            "request" in self.include,
            "response" in self.include,
        )
        trigger = Trigger(points, self.form == "cnf") if points else None
        return FilterCriterion(self.priority, server, trigger, _PARTS[self.part] if self.part else None)
