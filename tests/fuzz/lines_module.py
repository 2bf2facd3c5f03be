"""Builds src/twopair/wire/sip/_lines.c for tests, and puts it where the interpreted package finds it.

A flavour is a way to build: `plain`; `sanitized`, which stops at the first octet read or written out of
place; `failing`, in which each call that allocates can be told to fail (failing_calls.h). Results are kept in
build/lines, named by what they are made of.
"""

import hashlib
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "src/twopair/wire/sip/_lines.c"
CALLS: Final = Path(__file__).parent / "failing_calls.h"
NAME: Final = "twopair.wire.sip._lines"

WARNINGS: Final = "-Wall -Wextra -Wconversion -Wshadow -Wcast-qual -Wno-unused-parameter -Werror"
SANITIZE: Final = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
FLAVOURS: Final = {
    "plain": "-O2",
    "sanitized": SANITIZE,
    "failing": f"-O1 -g -include {CALLS}",
    "failing, sanitized": f"{SANITIZE} -include {CALLS}",
}


def compiler() -> list[str]:
    """The C compiler of this machine."""
    return os.environ.get("CC", "cc").split()


def lacking() -> str:
    """What this machine lacks to build it; empty if nothing."""
    if not shutil.which(compiler()[0]):
        return f"no C compiler ({compiler()[0]})"
    header = Path(sysconfig.get_path("include")) / "Python.h"
    return "" if header.exists() else f"no {header}"


def build(flavour: str, source: Path = SOURCE) -> Path:
    """Build the module, unless it is there; where it is."""
    include = sysconfig.get_path("include")
    options = [*WARNINGS.split(), *FLAVOURS[flavour].split(), "-fPIC", "-shared", "-isystem", include]
    made_of = [
        source.read_bytes(),
        CALLS.read_bytes(),
        " ".join([*compiler(), *options, sys.version]).encode(),
    ]
    name = hashlib.sha256(b"\0".join(made_of)).hexdigest()[:16]
    module = ROOT / "build/lines" / name / "_lines.so"
    if not module.exists():
        module.parent.mkdir(parents=True, exist_ok=True)
        fresh = module.with_suffix(f".{os.getpid()}")
        subprocess.run([*compiler(), *options, str(source), "-o", str(fresh)], check=True)
        fresh.replace(module)
    return module


def module_at(path: Path) -> ModuleType:
    """The module, for who calls it and not the package."""
    loader = importlib.machinery.ExtensionFileLoader(NAME, str(path))
    spec = importlib.util.spec_from_loader(NAME, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def load(path: Path) -> ModuleType:
    """Put the module where the package will find it, which must not have been imported yet."""
    assert NAME not in sys.modules
    assert "twopair.wire.sip.native" not in sys.modules
    return sys.modules.setdefault(NAME, module_at(path))


def environment(flavour: str, source: Path = SOURCE) -> dict[str, str]:
    """That of a process which is to have the flavour beside modules in pure Python."""
    env = os.environ | {
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "TWOPAIR_PURE": "1",
        "TWOPAIR_TESTED": "pure",
        "TWOPAIR_TEST_LINES": str(build(flavour, source)),
    }
    if "sanitized" in flavour:
        library = subprocess.run(
            [*compiler(), "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
        )
        env |= {
            "LD_PRELOAD": library.stdout.strip(),
            "PYTHONMALLOC": "malloc",
            "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter leaves much behind when it ends
        }
    return env
