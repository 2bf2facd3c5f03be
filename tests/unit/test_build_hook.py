"""Which wheel is built, and what is asked for to build it."""

from pathlib import Path
from typing import Any

import pytest
from tools import build_hook
from tools.build_hook import CompiledModules

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("TWOPAIR_BUILD", raising=False)
    monkeypatch.delenv("CC", raising=False)


def hook() -> Any:
    return CompiledModules(str(ROOT), {"compile": [], "interpreted": {}}, None, None, "", "wheel")  # type: ignore[arg-type]


def asked_for() -> list[str]:
    return [need for need in build_hook.get_requires_for_build_wheel() if need.startswith("mypy")]


def test_a_wheel_that_is_compiled_asks_for_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_hook, "lacking", lambda: "")
    assert asked_for()
    monkeypatch.setenv("TWOPAIR_BUILD", "pure")
    assert not asked_for()


def test_without_a_c_compiler_nothing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    assert build_hook.lacking() == "there is no C compiler (no-such-compiler)"
    assert not asked_for()


def test_an_editable_install_is_pure() -> None:
    assert not [need for need in build_hook.get_requires_for_build_editable() if need.startswith("mypy")]
    data: dict[str, Any] = {"force_include": {}, "pure_python": True}
    hook().initialize("editable", data)
    assert data == {"force_include": {}, "pure_python": True}


def test_compiled_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for a compiled wheel gets no other; the line says what is missing."""
    monkeypatch.setenv("TWOPAIR_BUILD", "compiled")
    monkeypatch.setattr(build_hook, "lacking", lambda: "there is no /usr/include/Python.h")
    with pytest.raises(SystemExit, match=r"no compiled wheel: there is no /usr/include/Python\.h"):
        hook().initialize("standard", {})


def test_any_other_wish_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWOPAIR_BUILD", "fast")
    with pytest.raises(SystemExit, match="auto, compiled or pure, not 'fast'"):
        build_hook.wish()
