"""`twopair demo`: what it prints, what it writes, how it ends."""

import json
from pathlib import Path
from typing import NoReturn

import pytest

from twopair.base import WireError
from twopair.cli.main import status_of
from twopair.demo import run, scenarios
from twopair.demo.checks.check import Check, Finding
from twopair.demo.play import Play, Stalled
from twopair.live.prerequisite import PrerequisiteMissing


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    """Exit code, standard output, lines of standard error."""
    code = status_of(["demo", *arguments])
    out, err = capsys.readouterr()
    return code, out, err.splitlines()


def test_both_transports_are_the_default(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    code, out, err = outcome(capsys, "--backend", "memory")
    assert (code, err) == (0, [])
    assert out.count("figure1: two UEs register") == 2
    assert out.count("checks hold") == 2
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) == 100


def test_json_of_one_transport_is_an_object_of_both_an_array(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(
        capsys, "figure1", "--backend", "memory", "--json", "--transport", "tcp", "--ip", "6"
    )
    told = json.loads(out)
    assert (code, told["ok"], told["transport"]) == (0, True, "tcp")
    assert told["messages"][0]["dst"] == "[fd00:1::1]:5060"
    _, out, _ = outcome(capsys, "--backend", "memory", "--json")
    assert [one["transport"] for one in json.loads(out)] == ["udp", "tcp"]


def test_the_algorithms_asked_for_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    """AGR-07: a legacy suite is used where it is asked for by name."""
    _, out, _ = outcome(
        capsys, "--backend", "memory", "--transport", "udp", "--alg", "hmac-md5-96/des-ede3-cbc"
    )
    assert "both ends chose hmac-md5-96/des-ede3-cbc" in out


@pytest.mark.parametrize(("columns", "width"), [("20", 80), ("80", 80), ("100", 100), ("500", 140)])
def test_the_ladder_is_as_wide_as_the_screen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    _, out, _ = outcome(capsys, "--backend", "memory", "--transport", "udp")
    assert max(map(len, out.splitlines())) == width


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = outcome(capsys, "--scenario-list")
    assert code == 0
    assert all(name in out for name in scenarios.SCENARIOS)
    _, out, _ = outcome(capsys, "--scenario-list", "--json")
    assert [one["scenario"] for one in json.loads(out)] == list(scenarios.SCENARIOS)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nosuch"], 2, "no scenario 'nosuch'"),
        (["--transport", "sctp"], 2, "sctp"),
        (["--ip", "5"], 2, "5"),
        (["--alg", "null/null"], 2, "--alg: unknown suite"),
        (["no-common-algorithm", "--alg", "null/aes-gcm"], 2, "algorithms of its own"),
        (["--backend", "memory", "--pcap", "x"], 2, "has no packets"),
        (["--backend", "memory", "--keylog", "/proc/no/such"], 2, "--keylog /proc/no/such: No such file"),
    ],
)
def test_misuse_is_one_line(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, out, err = outcome(capsys, *arguments)
    assert (ended, out) == (code, "")
    assert len(err) == 1
    assert words in err[0]


def test_a_failed_check_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def garbled(_evidence: object) -> Finding:
        raise WireError("not a header")

    checks = (
        Check("SA-01", lambda _evidence: Finding(["three SAs", "two SAs"], "")),
        Check("SA-02", garbled),
    )
    bad = scenarios.SCENARIOS["wrong-key"]._replace(checks=lambda _evidence: checks)
    monkeypatch.setitem(scenarios.SCENARIOS, "wrong-key", bad)
    code, out, _ = outcome(capsys, "wrong-key", "--backend", "memory", "--transport", "udp")
    assert code == 1
    assert "✗ SA-01      three SAs (and 1 more)" in out
    assert "✗ SA-02      a message cannot be read: not a header" in out
    assert "2 of 2 checks failed" in out


def test_what_is_missing_is_exit_code_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object, kernel: bool) -> NoReturn:
        assert kernel
        raise PrerequisiteMissing("kernel has no ESP")

    monkeypatch.setattr(run, "on_this_machine", lacking)
    assert outcome(capsys, "--backend", "kernel") == (3, "", ["twopair: kernel has no ESP"])


def test_a_scenario_that_stands_still_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silence(play: Play) -> None:
        play.scene("Nobody says anything")
        raise Stalled("nobody wished for anything")

    still = scenarios.SCENARIOS["figure1"]._replace(play=silence, checks=lambda _evidence: ())
    monkeypatch.setitem(scenarios.SCENARIOS, "figure1", still)
    code, out, _ = outcome(capsys, "--backend", "memory", "--transport", "udp")
    assert code == 1
    assert "✗ the scenario stopped: nobody wished for anything" in out


def test_keys_are_for_their_owner_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """AKA-32: whoever has the key log reads the traffic."""
    log = tmp_path / "keys"
    log.write_text("of an earlier run")
    log.chmod(0o644)
    code, _, _ = outcome(capsys, "--backend", "memory", "--keylog", str(log), "--alg", "aes-gmac/null")
    assert code == 0
    assert log.stat().st_mode & 0o777 == 0o600
    lines = log.read_text().splitlines()
    assert len(lines) == 8  # four SAs for each of two UEs; equal seeds, so both transports have the same
    assert all(line.startswith("# IPv4 ") and "no aes-gmac" in line for line in lines)


@pytest.mark.parametrize(
    ("columns", "width", "told"), [(40, 80, True), (79, 80, True), (80, 80, False), (120, 120, False)]
)
@pytest.mark.parametrize(
    "options", [["demo", "no-common-algorithm", "--backend", "memory"], ["sim", "--seed", "3", "--ladder"]]
)
def test_a_screen_that_is_too_narrow_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    columns: int,
    width: int,
    told: bool,
) -> None:
    """Below 80 columns the terminal breaks the lines; the ladder is not cut."""
    monkeypatch.setenv("COLUMNS", str(columns))
    assert status_of(options) == 0
    out, err = capsys.readouterr()
    notice = f"the screen has {columns} columns, a ladder needs 80: its lines will wrap\n"
    assert err == (notice if told else "")
    ladder = [line for line in out.splitlines() if "│" in line]
    assert ladder
    assert width - 12 < max(map(len, ladder)) <= width


def test_json_needs_no_screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not told of what has no lines to wrap."""
    monkeypatch.setenv("COLUMNS", "40")
    assert status_of(["demo", "no-common-algorithm", "--backend", "memory", "--json"]) == 0
    assert capsys.readouterr().err == ""
