"""Header lines in C: what they answer, what they decline, and that no call which fails goes unnoticed.

That they answer as Python does is shown by tests/fuzz/test_lines.py.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from tests.fuzz.lines_module import ROOT, build, lacking, module_at

DATA: Final = b"\r\nOPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo:<sip:a@b>\r\n\r\nbody"
READ: Final = ("OPTIONS sip:a@b SIP/2.0", ["Via: SIP/2.0/UDP h", "To:<sip:a@b>"], "known", b"body")
KNOWN: Final = {"Via:To:": "known"}
LINES: Final = ["Via: 1", "Route: 2", "To: 3"]
KEEP: Final = [True, False, True]


@pytest.fixture(scope="module")
def path() -> Path:
    given = os.environ.get("TWOPAIR_TEST_LINES")
    if given:
        return Path(given)
    if lacking():
        pytest.skip(lacking())
    return build("failing")


@pytest.fixture(scope="module")
def lines(path: Path) -> Any:
    return module_at(path)


def test_what_it_answers(lines: Any) -> None:
    assert lines.split(DATA, 2, KNOWN) == READ
    assert lines.value("Via :\t one two \r\n") == "one two"
    assert lines.value("Subject:") == ""
    assert lines.value(":x") == "x"
    assert lines.assemble(LINES, KEEP, ("v: ",), ["0"], ("Max-Forwards: ",), ("69",)) == [
        *("v: 0", "Via: 1", "To: 3", "Max-Forwards: 69")
    ]
    assert lines.assemble([], [], (), (), ("",), [""]) == [""]
    assert lines.serialise("A", ["b: c", ""], b"\0d") == b"A\r\nb: c\r\n\r\n\r\n\0d"
    assert lines.serialise("", [], b"") == b"\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        DATA[2:-6],  # no end
        DATA[2:].replace(b"\r\n\r\n", b"\r\n"),
        DATA[2:].replace(b"h\r\n", b"h\n"),
        DATA[2:].replace(b"h\r\n", b"h\r\r\n"),
        DATA[2:].replace(b"SIP/2.0\r\n", b"SIP/2.0\n"),
        DATA[2:].replace(b"h\r\n", b"h\r\n\t;x\r\n"),  # folded
        DATA[2:].replace(b"<", b"\xc3\xa9<"),  # not ASCII
        DATA[2:].replace(b"OPTIONS", b"\x80"),
        DATA[2:].replace(b"To:", b"To"),  # no colon
        DATA[2:].replace(b"To:", b"t:"),  # another spelling
        DATA[2:].replace(b"To:", b"n" * 2000 + b":"),
        bytearray(DATA[2:]),
        DATA[2:].decode(),
        None,
    ],
)
def test_a_message_that_is_left_to_python(lines: Any, data: object) -> None:
    assert lines.split(data, 0, KNOWN) is None


def test_what_else_is_left_to_python(lines: Any) -> None:
    for start, known in (
        (-1, KNOWN),
        (len(DATA) + 1, KNOWN),
        (2.0, KNOWN),
        (True, KNOWN),
        (2, None),
        (2, []),
    ):
        assert lines.split(DATA, start, known) is None
    for line in ("no colon", "", "a: caf\xe9", "a: \udcff", "a: one\r\n two", b"a: b", None):
        assert lines.value(line) is None
    for starts, values in (
        (("a: ",), ["b\nc"]), (("a: ",), ["b\rc"]), (("a\n",), "b"), (("a\n",), ["b"]), (("a\r",), ["b"]),
        (("a: ",), ["\xe9"]), (("\xe9",), ["b"]), (("a",), []), ((), ["b"]), (["a"], ["b"]), (("a",), "b"),
        (("a",), [1]), ((1,), ["b"]), (("a",), {"b": 1}), (None, None), (("a",), None),
    ):  # fmt: skip
        assert lines.assemble(LINES, KEEP, starts, values, (), ()) is None
        assert lines.assemble(LINES, KEEP, (), (), starts, values) is None
    for some, keep in ((LINES, KEEP[1:]), (tuple(LINES), KEEP), (LINES, tuple(KEEP))):
        assert lines.assemble(some, keep, (), (), (), ()) is None
    for first, given, body in (
        ("\xe9", LINES, b""), (b"A", LINES, b""), ("A", ["\udcff"], b""), ("A", [b"b"], b""),
        ("A", tuple(LINES), b""), ("A", LINES, bytearray()), ("A", LINES, "b"),
    ):  # fmt: skip
        assert lines.serialise(first, given, body) is None
    assert lines.split() is lines.assemble() is lines.serialise() is None


def test_a_number_that_is_none(lines: Any) -> None:
    with pytest.raises(OverflowError):
        lines.split(DATA, 1 << 80, KNOWN)


def calls(lines: Any) -> list[Callable[[], object]]:
    """Each function as it is used, and where it declines after it has begun."""
    starts, values = ("Via: ", "Route: "), ["0", "1"]
    return [
        lambda: lines.split(DATA, 2, KNOWN),
        lambda: lines.split(DATA, 2, {}),
        lambda: lines.split(DATA.replace(b"To:", b"To"), 2, KNOWN),
        lambda: lines.value("Via: 1"),
        lambda: lines.assemble(LINES, KEEP, starts, values, starts, tuple(values)),
        lambda: lines.assemble(LINES, KEEP, starts, values, starts, ["0", "\n"]),
        lambda: lines.assemble(LINES, KEEP[1:], starts, values, (), ()),
        lambda: lines.serialise("A", LINES, b"body"),
    ]


def test_every_call_that_can_fail_is_seen_to(lines: Any, path: Path) -> None:
    """One after the other fails, in each function, until all have: MemoryError, and nothing else."""
    failing = ctypes.CDLL(str(path))
    told = []
    for call in calls(lines):
        good = call()
        for number in range(1, 1000):
            failing.fail_after(number)
            try:
                assert call() == good
            except MemoryError:
                assert failing.calls_left() == 0
                continue
            finally:
                left = failing.calls_left()
                failing.fail_after(0)
            assert left > 0, "a call has failed and nobody was told"
            break
        told.append(number - 1)
        assert call() == good
    assert told == [10, 7, 7, 1, 11, 9, 5, 1], "calls that allocate, and the look-up"


def test_nothing_is_left_behind(lines: Any, path: Path) -> None:
    """Blocks of memory in use are as many after a thousand rounds, with failures, as before."""
    failing = ctypes.CDLL(str(path))

    def rounds(count: int) -> int:
        for call in calls(lines) * count:
            call()
            for number in range(1, 20):
                failing.fail_after(number)
                with contextlib.suppress(MemoryError):
                    call()
                failing.fail_after(0)
        return sys.getallocatedblocks()

    before = rounds(10)
    assert rounds(100) - before < 50


def test_without_it_everything_is_declined() -> None:
    """What stands in for it in a pure wheel."""
    script = (ROOT / "src/twopair/wire/sip/native.py").read_text()
    space: dict[str, Any] = {}
    blocked = script.replace("from twopair.wire.sip._lines import", "from twopair.wire.sip._none import")
    exec(compile(blocked, "native", "exec"), space)
    assert not space["NATIVE"]
    assert space["split"](DATA, 0, KNOWN) is space["value"]("a: b") is None
    assert space["assemble"](LINES, KEEP, (), (), (), ()) is space["serialise"]("", [], b"") is None
