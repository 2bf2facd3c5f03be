"""`twopair explain`: what it prints, and its exit codes."""

import json
from typing import Any

import pytest

from twopair.cli import explain as command
from twopair.cli.main import status_of

LINE = {"at": "2020-01-02T03:04:05.678Z", "what": "REGISTER from 10.0.0.1\x1b[2J, in the clear"}
TOLD = {
    "who": "a@h",
    "registered": False,
    "cause": "wrong-key",
    "sentence": "MAC is wrong.",
    "advice": "Compare K.",
    "clause": "33.203 §6.1.1",
    "evidence": [LINE],
}


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"registered": True}, 0), ({}, 1), ({"evidence": []}, 2), ({"registered": True, "evidence": []}, 0)],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], status: int
) -> None:
    monkeypatch.setattr(command, "ask", lambda *_: TOLD | changes)
    assert status_of(["explain", "a@h", "-s", "x", "--json"]) == status
    assert json.loads(capsys.readouterr().out) == TOLD | changes


def test_one_sentence_then_advice_then_evidence_with_times(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(command, "ask", lambda *_: TOLD)
    assert status_of(["explain", "a@h", "-s", "x"]) == 1
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == ["MAC is wrong.", "Compare K."]
    assert lines[2] == "a@h: not registered, wrong-key (33.203 §6.1.1)"
    assert lines[4] == "Evidence:"
    assert lines[5].endswith(".678  REGISTER from 10.0.0.1 [2J, in the clear")
    assert lines[5].startswith("  2020-01-0")
    assert len(lines) == 6
