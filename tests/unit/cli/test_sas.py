"""`twopair sas`: where it asks, and its exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twopair.cli import sas as command
from twopair.cli.main import status_of

PCSCF = """
[node]
name = "p"
visited_network = "v"
[gm]
addresses = ["10.1.0.1"]
[core]
address = "10.2.0.1"
registrar = "10.2.0.2"
"""


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is asked; the answer is always an empty list."""
    asked: list[Any] = []

    def ask(*question: Any) -> Any:
        asked.append(question)
        return []

    monkeypatch.setattr(command, "ask", ask)
    return asked


def test_the_socket_is_given_or_in_the_file(
    questions: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pcscf.toml"
    file.write_text(PCSCF + '[admin]\nsocket = "/run/p.sock"\n')
    assert status_of(["sas", "-s", "/run/x.sock", "--json"]) == 0
    assert status_of(["sas", "sip:bob@h", "-c", str(file)]) == 0
    assert questions == [
        (Path("/run/x.sock"), "sas", ""),
        (Path("/run/p.sock"), "sas", "sip:bob@h"),
    ]
    assert capsys.readouterr().out == "[]\nno UE is registered or registering\n"


def test_it_must_be_said_once(
    questions: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pcscf.toml"
    file.write_text(PCSCF)
    for arguments in ([], ["-s", "x", "-c", str(file)], ["-c", str(file)]):
        assert status_of(["sas", *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[2].endswith(f"{file} has no admin.socket")
    assert questions == []


def test_nobody_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["sas", "-s", str(tmp_path / "s")]) == 3
    assert capsys.readouterr().err == (
        f"twopair: no P-CSCF answers at {tmp_path / 's'}: No such file or directory\n"
    )


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_watch_looks_again_and_ends_with_control_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    answers: Iterator[list[Any]] = iter([[], []])

    def ask(*_question: Any) -> Any:
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(command, "ask", ask)
    monkeypatch.setattr(command, "_EVERY_S", 0.0)
    assert status_of(["sas", "-s", "x", "--watch", *more]) == 0
    out = capsys.readouterr().out
    assert [json.loads(line) for line in out.splitlines()] == [[], []] if more else "no UE" in out
