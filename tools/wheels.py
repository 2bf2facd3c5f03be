"""Builds wheels: both kinds into dist/ (`make wheel`), and the compiled one that tests run on.

usage: python -m tools.wheels [tests]
"""

import os
import shutil
import subprocess
import sys
from fcntl import LOCK_EX, flock
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final
from zipfile import ZipFile

ROOT: Final = Path(__file__).parents[1]
TESTED: Final = ROOT / "build/compiled"
"""The compiled wheel, unpacked; in PYTHONPATH it stands before the editable install."""

STAMP: Final = TESTED / "made-of"
LOCK: Final = ROOT / "build/compiled.lock"


def build(kind: str, into: Path) -> None:
    """Build a wheel of one kind, with the tools of this environment."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(into), str(ROOT)]
    subprocess.run(command, check=True, env=os.environ | {"TWOPAIR_BUILD": kind})  # noqa: S603


def made_of() -> str:
    """A digest of all that a compiled wheel is made of."""
    digest = sha256(f"{sys.version} {version('mypy')}".encode())
    files = [path for path in (ROOT / "src").rglob("*") if path.suffix in {".c", ".h", ".py"}]
    files += [ROOT / name for name in ("pyproject.toml", "tools/build_hook.py", "tools/mypyc.ini")]
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def for_tests() -> None:
    """See that the compiled wheel is in `TESTED`, made of what is in the tree now; one build at a time."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        flock(lock, LOCK_EX)
        if not STAMP.exists() or STAMP.read_text() != made_of():
            _build_for_tests(made_of())


def _build_for_tests(stamp: str) -> None:
    shutil.rmtree(TESTED, ignore_errors=True)
    wheels = ROOT / "build/wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    build("compiled", wheels)
    (wheel,) = wheels.glob("twopair-*.whl")
    with ZipFile(wheel) as packed:
        packed.extractall(TESTED)
    STAMP.write_text(stamp)


def main(arguments: list[str]) -> None:
    """One of the two."""
    if arguments == ["tests"]:
        for_tests()
        return
    for kind in ("pure", "compiled"):
        build(kind, ROOT / "dist")


if __name__ == "__main__":
    main(sys.argv[1:])
