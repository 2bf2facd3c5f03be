"""The first tutorial shows and counts what its own commands print."""

import re
import shlex
from pathlib import Path

import pytest

from twopair.cli.main import status_of
from twopair.demo.scenarios import SCENARIOS

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "first-registration.md"
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split()


def output(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert status_of(shlex.split(command)[1:]) == 0, command
    return capsys.readouterr().out


def shown() -> list[tuple[str, str]]:
    """Each text that the page shows, with the last command before it that plays in memory."""
    command, found = "", []
    for language, body in FENCED.findall(TUTORIAL.read_text()):
        if language == "text":
            found.append((command, body))
        else:
            command = next((line for line in body.splitlines() if "--backend memory" in line), command)
    return found


def test_what_it_shows_is_printed_by_the_command_before_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line: ports, SPIs, times, the count of checks; on both transports, and where it is broken."""
    monkeypatch.setenv("COLUMNS", "100")
    texts = shown()
    commands = [command for command, _ in texts]
    assert commands == [
        "twopair demo figure1 --transport udp --backend memory",
        "twopair demo figure1 --transport tcp --backend memory",
        "twopair demo wrong-key --transport udp --backend memory",
    ]
    for command, body in texts:
        printed = [line.strip() for line in output(command, capsys).splitlines()]
        assert [line for line in body.splitlines() if line.strip() not in printed] == []
        assert re.search(r"^all \d+ checks hold$", body, re.MULTILINE)


def test_it_counts_the_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    """As many as `--scenario-list` lists."""
    (number,) = re.findall(r"^(\w+) scenarios come with this version", TUTORIAL.read_text(), re.MULTILINE)
    listed = [line for line in output("twopair demo --scenario-list", capsys).splitlines() if line[0] != " "]
    assert NUMBERS.index(number.lower()) == len(listed) == len(SCENARIOS)


def test_it_counts_the_hosts_and_registrations(capsys: pytest.CaptureFixture[str]) -> None:
    """Four hosts, each UE with one REGISTER and one 401 in clear text, four SAs in a set."""
    text = TUTORIAL.read_text()
    assert "builds four hosts" in text
    assert "REGISTER and 401, twice" in text
    for transport in ("udp", "tcp"):
        printed = output(f"twopair demo figure1 --transport {transport} --backend memory", capsys)
        assert {title for title in ("UE", "P-CSCF", "Home", "UE 2") if f" {title}" in printed} == {
            "UE",
            "P-CSCF",
            "Home",
            "UE 2",
        }
        assert printed.count("SM1  REGISTER") == printed.count("SM6  401") == 2
        assert "set installed: four SAs" in printed
