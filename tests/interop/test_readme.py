"""The Python of README.md runs as it stands there, between programs on loopback."""

import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.interop.test_programs_on_loopback import LAB, MOVED, line, start

pytestmark = pytest.mark.slow

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_python_of_the_readme(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    for file in LAB.glob("*.toml"):
        text = file.read_text()
        for old, new in MOVED.items():
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text.replace("127.77.", "127.78."))
    with ExitStack() as cleanup:
        for name, options in (("home", ()), ("pcscf", ()), ("ue2", ("wait",))):
            service = start(cleanup, name.rstrip("2"), "-c", tmp_path / f"{name}.toml", *options)
            assert line(service).startswith("ready ")
        ran = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    identity, status, names = ran.stdout.split(maxsplit=2)
    assert identity == "sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org"
    assert status == "200"
    assert sorted(re.findall(r"SA\d-\w\w", names)) == ["SA1-dn", "SA1-up", "SA2-dn", "SA2-up"]
