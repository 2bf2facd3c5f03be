"""docs/reference/configuration-faults.md: what is said of wrong files, by the reader itself."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tools.pages.markdown import ROOT, code, table

from twopair.live.config import ConfigError, HomeFile, PcscfFile, UeFile, read

LAB: Final = ROOT / "examples/lab"
CASES: Final = ROOT / "tests/vectors/data/configuration_faults.toml"
KINDS: Final[dict[str, Any]] = {"pcscf.toml": PcscfFile, "home.toml": HomeFile, "ue1.toml": UeFile}


def cases() -> list[dict[str, Any]]:
    """Each: `file` of examples/lab, what is `written` `instead_of` what, and the lines `said`."""
    return list(tomllib.loads(CASES.read_text())["case"])


def said_of(case: dict[str, Any], folder: Path) -> list[str]:
    """The lines of the reader, for a file in that folder; none where it finds nothing wrong."""
    file = folder / case["file"]
    right = (LAB / case["file"]).read_text()
    assert case["instead_of"] in right, f"{case['file']} has no {case['instead_of']}"
    file.write_text(right.replace(case["instead_of"], case["written"], 1))
    try:
        read(file, KINDS[case["file"]])
    except ConfigError as error:
        return [line.removeprefix(f"{folder}/") for line in error.lines]
    return []


def configuration_faults() -> str:
    """The page."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Wrong configuration files"
    yield ""
    yield "Each is a file of `examples/lab` with one change; what is said ends a program with exit code 2:"
    yield "the lines are those of the reader. Generated."
    with TemporaryDirectory() as folder:
        for name in KINDS:
            rows = [
                (code(_short(case)), "<br>".join(map(_cell, said_of(case, Path(folder)))))
                for case in cases()
                if case["file"] == name
            ]
            yield ""
            yield f"## {name}"
            yield ""
            yield from table(("written", "said"), rows)


def _short(case: dict[str, Any]) -> str:
    """What was written, in one line; secrets are those of a public test set and need not be read again."""
    text = " ⏎ ".join(case["written"].splitlines()) or f"without {case['instead_of'].split(' = ')[0]}"
    return text.replace("|", "¦")


def _cell(line: str) -> str:
    return line.replace("|", "¦").replace("<", "&lt;")
