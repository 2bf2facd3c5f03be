"""Questions and answers on the admin socket."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Any

import pytest

from twopair.live.admin.client import ask
from twopair.live.admin.server import LONGEST_QUESTION, AdminSocket
from twopair.live.prerequisite import PrerequisiteMissing

MANY = 20_000


def echo(who: str) -> Iterator[str]:
    yield json.dumps({"who": who})


def numbers(_who: str) -> Iterator[str]:
    yield "[0"
    for number in range(1, MANY):
        yield f", {number}"
    yield "]"


def fails(_who: str) -> Iterator[str]:
    yield "["
    raise RuntimeError("a mistake of ours")


SOCKET = AdminSocket({"echo": echo, "numbers": numbers, "fails": fails})


def asked(path: Path, *questions: tuple[str, str]) -> list[Any]:
    """The answers, each asked from a thread as another program would."""

    async def body() -> list[Any]:
        async with SOCKET.open(path):
            return [await asyncio.to_thread(ask, path, *question) for question in questions]

    return asyncio.run(body())


def test_an_answer_is_what_was_asked_for(tmp_path: Path) -> None:
    who = 'sip:"Bob\n"@h'
    assert asked(tmp_path / "s", ("echo", who), ("echo", "")) == [{"who": who}, {"who": ""}]


def test_a_long_answer_lets_others_work_meanwhile(tmp_path: Path) -> None:
    turns = 0

    async def body() -> Any:
        nonlocal turns
        async with SOCKET.open(tmp_path / "s"):
            answer = asyncio.create_task(asyncio.to_thread(ask, tmp_path / "s", "numbers"))
            while not answer.done():
                turns += 1
                await asyncio.sleep(0)
            return answer.result()

    assert asyncio.run(body()) == list(range(MANY))
    assert turns > 500


def test_what_is_no_question_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteMissing) as refused:
        asked(tmp_path / "s", ("dance", ""))
    assert str(refused.value) == (
        f"the P-CSCF at {tmp_path / 's'} says: no such question; there are echo, fails, numbers"
    )


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"x\n", b"no such question"),
        (b"[]\n", b"no such question"),
        (b"\n", b"no such question"),
        (b'{"ask": ["echo"]}\n', b"no such question"),
        (b'{"ask": "echo", "who": 7}\n', b"not a text"),
        (b"[" * 4000 + b"\n", b"no such question"),
        (b"x" * 3 * LONGEST_QUESTION, b""),
        (b"", b"no such question"),
    ],
)
def test_no_octets_end_the_service(tmp_path: Path, line: bytes, wanted: bytes) -> None:
    def send() -> bytes:
        with socket(AF_UNIX, SOCK_STREAM) as connection:
            connection.connect(str(tmp_path / "s"))
            found = b""
            try:
                connection.sendall(line)
                connection.shutdown(1)
                while chunk := connection.recv(4096):
                    found += chunk
            except (BrokenPipeError, ConnectionResetError):
                pass
            return found

    async def body() -> bytes:
        async with SOCKET.open(tmp_path / "s"):
            found = await asyncio.to_thread(send)
            assert await asyncio.to_thread(ask, tmp_path / "s", "echo", "still here") == {"who": "still here"}
            return found

    assert wanted in asyncio.run(body())


def test_a_mistake_of_ours_ends_the_answer_alone(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteMissing, match="the answer ended early"):
        asked(tmp_path / "s", ("fails", ""))


@pytest.mark.parametrize("there", [False, True])
def test_nobody_answers(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "s"
    if there:
        with socket(AF_UNIX, SOCK_STREAM) as dead:
            dead.bind(str(path))
    with pytest.raises(PrerequisiteMissing) as refused:
        ask(path, "sas")
    why = "Connection refused" if there else "No such file or directory"
    assert str(refused.value) == f"no P-CSCF answers at {path}: {why}"


def test_without_a_path_nothing_is_opened() -> None:
    async def body() -> None:
        async with SOCKET.open(None):
            pass

    asyncio.run(body())
