"""Lines of a pipe, a terminal or a file, on the event loop."""

import asyncio
import os
import pty
from collections.abc import Callable, Coroutine
from pathlib import Path

from twopair.live.ue.lines import Lines


def run(body: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(body(), 5))


async def every(lines: Lines) -> list[str]:
    found = []
    while (line := await lines.next()) is not None:
        found.append(line)
    return found


def test_a_pipe_gives_lines_as_they_come() -> None:
    """Cut anywhere, with either kind of end, the last one without any."""

    async def body() -> None:
        reading, writing = os.pipe()
        lines = Lines(reading)
        os.write(writing, b"one\ntw")
        assert await lines.next() == "one"
        waiting = asyncio.create_task(lines.next())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        os.write(writing, b"o\r\n\nB\xc3\xa4rbel \xff\nlast")
        os.close(writing)
        assert await waiting == "two"
        assert await every(lines) == ["", "Bärbel \ufffd", "last"]
        assert await lines.next() is None  # and again
        os.close(reading)

    run(body)


def test_a_file_and_nothing_at_all(tmp_path: Path) -> None:
    """What the event loop cannot watch is read at once: ``twopair ue shell < script``."""

    async def body() -> None:
        script = tmp_path / "script"
        text = [f"line {number}" for number in range(20_000)]
        script.write_text("\n".join(text))
        for file, wanted in ((script, text), (Path("/dev/null"), [])):
            with file.open("rb") as opened:
                assert await every(Lines(opened.fileno())) == wanted

    run(body)


def test_a_terminal() -> None:
    """Control-D ends it; so does the end of the terminal."""

    async def body() -> None:
        for end in (b"\x04", None):
            master, slave = pty.openpty()
            lines = Lines(slave)
            os.write(master, b"typed\n")
            assert await lines.next() == "typed"
            if end:
                os.write(master, end)
                assert await lines.next() is None
            os.close(master)
            assert await lines.next() is None
            os.close(slave)

    run(body)


def test_a_closed_one_reads_no_more() -> None:
    async def body() -> None:
        reading, writing = os.pipe()
        lines = Lines(reading)
        lines.close()
        os.write(writing, b"left\n")
        await asyncio.sleep(0.01)
        assert os.read(reading, 10) == b"left\n"
        os.close(reading)
        os.close(writing)

    run(body)
