"""Header lines in C and in Python agree, and the C keeps to its memory; each run in a process of its own.

Ten million inputs: ``python -m tests.fuzz.differential 10000000``.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.fuzz.lines_module import ROOT, SOURCE, environment, lacking

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(lacking()), reason=lacking()),
]

WRONG = {
    "a tab is content": ("octet == '\\t' || ", ""),
    "folded values are read": ("memchr(from, '\\n', (size_t)(to - from)) == NULL ?", "from != NULL ?"),
    "a CR by itself passes": ("memchr(from, '\\r', (size_t)(end - from)) == NULL ? end : NULL", "end"),
    "a LF by itself ends a line": ("end[-1] != '\\r'", "0"),
    "octets beyond ASCII pass": ("return (seen & high) == 0;", "return 1 + 0 * (int)(seen & high);"),
    "line ends of ours pass": ("memchr(octets_of(text), '\\n', behind) || ", ""),
    "dropped lines stay": ("PyList_GET_ITEM(keep, i) == Py_True && ", ""),
    "the empty line is body": ("*body = end + 2;", "*body = end;"),
}  # fmt: skip
"""Mistakes, as changes of the source, each of which the fuzzer must find."""


def differential(inputs: int, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(["-m", "tests.fuzz.differential", str(inputs)], env)


def run(arguments: Sequence[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=env, check=False, capture_output=True, text=True, timeout=200
    )


@pytest.mark.parametrize(("flavour", "inputs"), [("plain", 40_000), ("sanitized", 4_000)])
def test_c_and_python_agree(flavour: str, inputs: int) -> None:
    done = differential(inputs, environment(flavour))
    assert done.returncode == 0, done.stdout + done.stderr
    share = re.search(f"{inputs:,} inputs, .* of which C has read ([0-9]+) %: no difference", done.stdout)
    assert share is not None
    assert int(share[1]) >= 50, "the others it has declined, so they show little"


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_found(name: str, tmp_path: Path) -> None:
    right, wrong = WRONG[name]
    source = SOURCE.read_text()
    assert source.count(right) >= 1
    changed = tmp_path / "_lines.c"
    changed.write_text("#define _GNU_SOURCE\n" + source.replace(right, wrong))
    done = differential(20_000, environment("plain", changed))
    assert done.returncode != 0, "no difference"
    assert "Python: " in done.stdout or "BrokenProcessPool" in done.stderr, done.stderr


def test_unit_tests_with_sanitizers() -> None:
    """All of wire/sip over the C, every failing call included: no octet is read or written out of place."""
    flags = ["-q", "-p", "tests.fuzz.with_lines", "-p", "no:cacheprovider", "--timeout", "180"]
    done = run(["-m", "pytest", *flags, "tests/unit/wire/sip"], environment("failing, sanitized"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sanitizer_is_there(tmp_path: Path) -> None:
    """An octet behind the end of a line is found, or all of the above shows nothing."""
    changed = tmp_path / "_lines.c"
    right = "memcpy(PyUnicode_1BYTE_DATA(text), from, (size_t)(to - from));"
    source = SOURCE.read_text()
    assert right in source
    changed.write_text(source.replace(right, right.replace("to - from)", "to - from) + 40")))
    done = differential(200, environment("sanitized", changed))
    assert "AddressSanitizer: heap-buffer-overflow" in done.stderr
    assert done.returncode not in {0, os.EX_USAGE}
