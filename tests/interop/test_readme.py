"""Programs that the documents show run as they stand there, between programs on loopback."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.interop.test_programs_on_loopback import LAB, MOVED, line, start

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DRIVE = (ROOT / "docs/how-to/drive-a-ue.md").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the files of the network are, in which UE 2 takes calls at once."""
    for file in LAB.glob("*.toml"):
        text = file.read_text()
        for old, new in MOVED.items():
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text)
    with ExitStack() as cleanup:
        for name, options in (("home", ()), ("pcscf", ()), ("ue2", ("wait", "--answer", "0"))):
            service = start(cleanup, name.rstrip("2"), "-c", tmp_path / f"{name}.toml", *options)
            assert line(service).startswith("ready ")
        yield tmp_path


def output(folder: Path, *program: str, stdin: str = "") -> str:
    """What a program prints that has to go well."""
    ran = subprocess.run(
        [sys.executable, "-c", *program],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def shown(page: str, language: str) -> str:
    """The one program in that language on a page."""
    (program,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(program)


def test_the_python_of_the_readme(folder: Path) -> None:
    identity, status, names = output(folder, shown(README, "python")).split(maxsplit=2)
    assert identity == "sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org"
    assert status == "200"
    assert sorted(re.findall(r"SA\d-\w\w", names)) == ["SA1-dn", "SA1-up", "SA2-dn", "SA2-up"]


def test_the_python_of_the_page_on_scripts(folder: Path) -> None:
    call, first, second, *events = output(folder, shown(DRIVE, "python")).splitlines()
    assert (call, first, second) == ("200", "200", "200")
    assert re.findall(r"CallStage\.(\w+)", " ".join(events)) == [
        "CALLING",
        "RINGING",
        "UP",
        "ENDING",
        "ENDED",
    ]


def test_the_script_for_the_shell(folder: Path) -> None:
    """Every line goes well, and has one result."""
    script = shown(DRIVE, "text")
    main = "from twopair.cli.main import run; run()"
    ready, *lines = output(folder, main, *"ue -c ue1.toml shell".split(), stdin=script).splitlines()
    assert ready.startswith("ready ")
    results = [line for line in lines if not line.startswith("* ")]
    assert len(results) == len(script.splitlines()) + 1  # it de-registers by itself
    assert all(line.startswith("ok: ") for line in results)
