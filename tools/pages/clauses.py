"""docs/reference/clauses.md: requirement, clause, the code that meets it, the tests that show it."""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from tools.pages.citations import AREAS, named_by_tests, requirements
from tools.pages.gaps import GAPS
from tools.pages.markdown import ROOT, link, page, paragraph, table

HERE = "docs/reference"
MOST_WORDS = 90

_AREA: Final = "|".join(AREAS)
_LISTED: Final = re.compile(rf"^- ((?:{_AREA})-\d\d)(.*?): (.*)")
_TABLED: Final = re.compile(rf"^\| ((?:{_AREA})-\d\d) \| (.*?) \|")
_VARIANT: Final = re.compile(r"^- \*\*(.+?)\*\*: (VAR-\d\d)(.*)")


class Requirement(NamedTuple):
    """One line of the requirements: its ID, where it comes from, how it begins."""

    id: str
    clause: str
    words: str

    @property
    def area(self) -> str:
        """The letters of the ID."""
        return self.id.partition("-")[0]


def known() -> Iterator[Requirement]:
    """Every requirement, in order."""
    for line in (ROOT / HERE / "requirements.md").read_text().splitlines():
        if found := _LISTED.match(line):
            name, marks, words = found.groups()
            clause = re.search(r"\(([^)]*)\)", marks)
            yield Requirement(name, clause[1] if clause else "", _short(words))
        elif found := _TABLED.match(line):
            name, words = found.groups()
            clauses = re.findall(r"\(((?:33\.|24\.|RFC)[^)]*)\)", words)
            yield Requirement(
                name, "; ".join(clauses), _short(re.sub(r" \((33\.|24\.|RFC)[^)]*\)", "", words))
            )
        elif found := _VARIANT.match(line):
            heading, name, words = found.groups()
            yield Requirement(name, heading, _short(words.lstrip(": ")))


def _short(words: str) -> str:
    words = words.replace("*", "")
    if len(words) <= MOST_WORDS:
        return words
    cut = words[:MOST_WORDS].rsplit(" ", 1)[0].rstrip(",;:")
    if cut.count("`") % 2:
        cut = cut[: cut.rindex("`")].rstrip()
    return cut + " …"


def clauses() -> str:
    """The page."""
    everything = list(known())
    tests = named_by_tests()
    met = [r for r in everything if r.id in tests and r.id not in GAPS]
    part = [r for r in everything if r.id in tests and r.id in GAPS]
    rest = [r for r in everything if r.id not in tests]
    return page("Clauses, code, tests", _introduction(met, part, rest), _met(met), _part(part), _others(rest))


def _introduction(met: list[Requirement], part: list[Requirement], rest: list[Requirement]) -> Iterator[str]:
    yield from paragraph(
        f"Of the {len(met) + len(part) + len(rest)} [requirements](requirements.md), {len(met)} are met,",
        f"{len(part)} are [met in part](#met-in-part), and {len(rest)} are [not met](#not-met).",
        "Met means that a test names the requirement in its own words,",
        "and that nothing is known to be missing.",
    )


def _met(met: list[Requirement]) -> Iterator[str]:
    code, tests = requirements("src"), named_by_tests()
    for number, (area, inside) in enumerate(groupby(met, key=lambda r: r.area)):
        if number:
            yield ""
        yield f"## {area}"
        yield ""
        yield from table(
            ("requirement", "clause", "begins", "code", "tests"),
            (
                (
                    r.id,
                    r.clause,
                    r.words,
                    _files(code.get(r.id, []), "src/twopair"),
                    _files(tests[r.id]),
                )
                for r in inside
            ),
        )


def _files(paths: list[Path], below: str = "tests") -> str:
    return ", ".join(link(path, HERE, str(path.relative_to(ROOT / below).with_suffix(""))) for path in paths)


def _part(part: list[Requirement]) -> Iterator[str]:
    tests = named_by_tests()
    yield "## Met in part"
    yield ""
    yield from table(
        ("requirement", "clause", "begins", "missing", "tests of the rest"),
        ((r.id, r.clause, r.words, GAPS[r.id], _files(tests[r.id])) for r in part),
    )


def _others(rest: list[Requirement]) -> Iterator[str]:
    yield "## Not met"
    yield ""
    yield from table(
        ("requirement", "clause", "begins", "why"),
        ((r.id, r.clause, r.words, GAPS.get(r.id, "no test names it")) for r in rest),
    )
