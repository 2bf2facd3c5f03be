"""Builds the wheel: with compiled modules where this machine can compile, in pure Python where it cannot.

Both a build backend (hatchling's, which also asks for mypyc where it will be used) and hatchling's build
hook. `TWOPAIR_BUILD` decides: ``auto`` (as if it were not set), ``compiled`` (or fail), ``pure``. What is
compiled, and what is left out and why, stands in pyproject.toml. An editable install is always pure (ADR 24).
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path
from typing import Any, Final

import hatchling.build
from hatchling.build import build_editable, build_sdist, build_wheel, get_requires_for_build_editable
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]

SOURCES: Final = Path("src")
PACKAGE: Final = SOURCES / "twopair"
GENERATED: Final = Path("build/mypyc")
COMPILING: Final = ["mypy[mypyc]>=1.13", "setuptools>=70"]

get_requires_for_build_sdist = hatchling.build.get_requires_for_build_sdist


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """What the wheel that will be built here needs to be built."""
    needed = hatchling.build.get_requires_for_build_wheel(config_settings)
    return needed if wish() == "pure" or lacking() else [*needed, *COMPILING]


def wish() -> str:
    """The kind of wheel that is asked for: auto, compiled or pure."""
    wanted = os.environ.get("TWOPAIR_BUILD", "auto")
    if wanted not in {"auto", "compiled", "pure"}:
        sys.exit(f"TWOPAIR_BUILD: auto, compiled or pure, not {wanted!r}")
    return wanted


def lacking() -> str:
    """What this machine lacks of a C compiler and Python's headers; empty if nothing."""
    if sys.implementation.name != "cpython":
        return "only CPython has compiled modules"
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if not shutil.which(compiler.split()[0]):
        return f"there is no C compiler ({compiler.split()[0]})"
    header = Path(sysconfig.get_path("include")) / "Python.h"
    return "" if header.exists() else f"there is no {header}"


class CompiledModules(BuildHookInterface):  # type: ignore[type-arg]
    """Puts compiled modules beside their sources, and the tag of this interpreter on the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless the install is editable."""
        if version == "editable" or wish() == "pure":
            return
        why = lacking() or _missing_tools()
        if why and wish() == "compiled":
            sys.exit(f"twopair: no compiled wheel: {why}")
        if why:
            self.app.display_warning(f"twopair: the wheel is pure Python: {why}")
            return
        with chdir(self.root):
            built = compile_all(self.config)
        build_data["force_include"] |= {str(Path(self.root) / path): name for path, name in built.items()}
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def _missing_tools() -> str:
    try:
        import mypyc.build  # noqa: F401, PLC0415
        import setuptools  # noqa: F401, PLC0415
    except ImportError as error:
        return f"there is no {error.name}"
    return ""


def modules(config: Mapping[str, Any]) -> Iterator[Path]:
    """The modules to compile: those of the folders in `compile`, without those in `interpreted`."""
    for folder in config["compile"]:
        for path in sorted(PACKAGE.glob(folder)):
            if str(path.relative_to(PACKAGE)) not in config["interpreted"]:
                yield path


def compile_all(config: Mapping[str, Any]) -> dict[Path, str]:
    """Compile the modules by mypyc and each C file of the package; where the results are, and their names."""
    from mypyc.build import mypycify  # noqa: PLC0415
    from setuptools import Distribution, Extension  # noqa: PLC0415

    options = ["--config-file=tools/mypyc.ini", *map(str, modules(config))]
    compiled = mypycify(
        options, group_name="twopair", multi_file=True, debug_level="0", target_dir=str(GENERATED)
    )
    written = [
        Extension(".".join(path.relative_to(SOURCES).with_suffix("").parts), [str(path)])
        for path in sorted(PACKAGE.rglob("*.c"))
    ]
    library = GENERATED / "lib"
    shutil.rmtree(library, ignore_errors=True)
    command = _build_ext()(Distribution({"name": "twopair", "ext_modules": [*compiled, *written]}))
    command.build_lib, command.build_temp = str(library), str(GENERATED / "temp")
    command.ensure_finalized()
    command.run()
    return {path: str(path.relative_to(library)) for path in sorted(library.rglob(f"*{_suffix()}"))}


def _suffix() -> str:
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


def _build_ext() -> Any:
    """The command of setuptools, with a compiler at each core."""
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    class AllCores(build_ext):  # type: ignore[misc]
        def build_extension(self, ext: Any) -> None:
            def compiled(source: str) -> str:
                (name,) = self.compiler.compile(
                    [source],
                    output_dir=self.build_temp,
                    macros=ext.define_macros,
                    include_dirs=ext.include_dirs,
                    extra_postargs=ext.extra_compile_args,
                )
                return str(name)

            with ThreadPoolExecutor(os.cpu_count()) as pool:
                ext.extra_objects = list(pool.map(compiled, ext.sources))
            ext.sources = []
            super().build_extension(ext)

    return AllCores
