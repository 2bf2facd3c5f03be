"""Exit codes, and one line for each thing that is wrong."""

import platform
from importlib.metadata import version
from pathlib import Path

import pytest

from twopair.backends.kernel.probe import Lack, Probe
from twopair.cli.main import status_of
from twopair.live import ipsec
from twopair.wheel import kind

UE = """
[identity]
imsi = "001010000000001"
k = "465b5ce8b199b49faa5f0a2ee238a6bc"
opc = "cd63cb71954a9f4e48a5994e37a02baf"
[gm]
address = "127.0.0.1"
pcscf = "127.0.0.2:5060"
[ipsec]
backend = "kernel"
"""


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """Exit code and lines on stderr; nothing may be on stdout."""
    code = status_of(list(arguments))
    out, err = capsys.readouterr()
    assert not out
    return code, err.splitlines()


def test_version_says_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The version of the package, whether it is compiled, and the Python under it."""
    assert status_of(["--version"]) == 0
    python = f"{platform.python_implementation()} {platform.python_version()}"
    assert capsys.readouterr().out == f"twopair {version('twopair')}, {kind()}, {python}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fly"], "No such command 'fly'"),
        (["pcscf"], "Missing option '--config'"),
        (["pcscf", "-c"], "Option '-c' requires an argument"),
        (["pcscf", "-c", "x", "--fast"], "No such option: --fast"),
        (["ue", "register"], "Missing option '--config'"),
        (["ue", "-c", "x", "dance"], "No such command 'dance'"),
        (["ue", "-c", "x", "message", "sip:a@b"], "Missing argument 'TEXT'"),
        (["ue", "-c", "x", "message", "bob", "hi"], "'bob' is no sip: or tel: URI"),
        (["ue", "-c", "x", "register", "--timeout", "soon"], "'--timeout'"),
        (["ue", "-c", "x", "call"], "Missing argument 'TO'"),
        (["ue", "-c", "x", "call", "http://bob"], "'http://bob' is no sip: or tel: URI"),
        (["ue", "-c", "x", "call", "sip:bob@h", "--hold", "-1"], "'--hold'"),
        (["ue", "-c", "x", "wait", "--answer", "never"], "'--answer'"),
        (["ue", "-c", "x", "wait", "--calls", "-1"], "'--calls'"),
        (["explain"], "Missing argument 'WHO'"),
        (["explain", "a@h"], "give one of -s SOCKET and -c FILE"),
        (["ue", "-c", "x", "shell", "register"], "unexpected extra argument"),
    ],
)
def test_bad_usage_is_one_line_and_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    code, lines = outcome(capsys, *arguments)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("twopair: ")
    assert words in lines[0]


@pytest.mark.parametrize("command", [["pcscf"], ["home"], ["ue"]])
def test_a_missing_file_is_one_line_and_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str]
) -> None:
    file = tmp_path / "none.toml"
    action = ["register"] if command == ["ue"] else []
    code, lines = outcome(capsys, *command, "-c", str(file), *action)
    assert (code, lines) == (2, [f"twopair: {file}: no such file; give the path of a TOML file"])


def test_every_fault_of_a_file_is_a_line_and_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "ue.toml"
    file.write_text(UE.replace("127.0.0.1", "here").replace("kernel", "magic"))
    code, lines = outcome(capsys, "ue", "-c", str(file), "register")
    assert code == 2
    assert [line.removeprefix(f"twopair: {file}: ").split(":")[0] for line in lines] == [
        'gm.address = "here"',
        'ipsec.backend = "magic"',
    ]


def test_a_back_end_that_is_not_there_is_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ipsec, "probe", lambda: Probe((Lack("kernel has no ESP"),)))
    file = tmp_path / "ue.toml"
    file.write_text(UE)
    code, lines = outcome(capsys, "ue", "-c", str(file), "register")
    assert code == 3
    assert len(lines) == 1
    assert 'ipsec.backend = "kernel": kernel has no ESP' in lines[0]


@pytest.mark.parametrize(
    "command", [[], ["pcscf"], ["home"], ["ue"], *(["ue", "-c", "x", name] for name in ("message", "shell"))]
)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert status_of([*command, "--help"]) == 0
    assert "Usage: twopair" in capsys.readouterr().out
