"""docs/reference/cli.md: every command with its options, read from what Typer makes ``--help`` of."""

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import typer
from tools.pages.markdown import code, page, prose, table
from typer.models import ArgumentInfo, OptionInfo

from twopair.cli.main import app_of
from twopair.demo.scenarios import SCENARIOS
from twopair.live.ue.verbs import VERBS, usage

APP = app_of()


class Parameter(NamedTuple):
    """One argument or option of a command.

    Args:
        names: ``--json``, or the one word of an argument.
        value: what it takes, empty for a flag.
        default: as text, or ``required``; empty where there is none.
        words: what it is for.
    """

    names: tuple[str, ...]
    value: str
    default: str
    words: str

    @property
    def is_option(self) -> bool:
        """Whether it begins with a dash."""
        return self.names[0].startswith("-")


class Command(NamedTuple):
    """A command, or a group of them (``twopair ue``)."""

    words: tuple[str, ...]
    help: str
    parameters: tuple[Parameter, ...]
    is_group: bool


def commands(group: typer.Typer = APP, words: tuple[str, ...] = ("twopair",)) -> Iterator[Command]:
    """Every command below a group, in the order of ``--help``."""
    for one in group.registered_commands:
        assert one.callback is not None
        name = one.name or one.callback.__name__
        yield Command((*words, name), inspect.getdoc(one.callback) or "", _parameters(one.callback), False)
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        below = (*words, str(inner.name))
        options = inner.typer_instance.registered_callback
        callback = options.callback if options else None
        parameters = _parameters(callback) if callback else ()
        yield Command(
            below, str(inner.typer_instance.info.help or inspect.getdoc(callback)), parameters, True
        )
        yield from commands(inner.typer_instance, below)


def _parameters(callback: Callable[..., Any]) -> tuple[Parameter, ...]:
    hints = get_type_hints(callback, include_extras=True)
    found = []
    for name, parameter in inspect.signature(callback).parameters.items():
        kind, *marks = get_args(hints[name]) or (hints[name],)
        info = next((mark for mark in marks if isinstance(mark, OptionInfo | ArgumentInfo)), None)
        if info is not None and not info.hidden:
            found.append(_parameter(name, info, kind, parameter.default))
    return tuple(found)


def _parameter(name: str, info: OptionInfo | ArgumentInfo, kind: Any, default: Any) -> Parameter:
    if isinstance(info, OptionInfo):
        # inside Annotated, Typer takes the first name for a default and corrects itself later
        first = (info.default,) if isinstance(info.default, str) else ()
        names = (*first, *(info.param_decls or ())) or (f"--{name.replace('_', '-')}",)
    else:
        names = (info.metavar or name.upper(),)
    flag = kind is bool or (isinstance(info, OptionInfo) and info.count)
    value = "" if flag else _kind(kind) if names == (info.metavar,) else info.metavar or _kind(kind)
    if default is inspect.Parameter.empty:
        standard = "required"
    else:
        standard = "" if default is None or flag else code(getattr(default, "value", default))
    return Parameter(names, value, standard, info.help or "")


def _kind(kind: Any) -> str:
    while get_origin(kind) in (UnionType, list):
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(code(member.value) for member in kind)
    return {int: "number", float: "number", str: "text", Path: "file"}[kind]


def cli() -> str:
    """The page."""
    return page("Commands", _introduction(), *map(_command, commands()), _shell(), _scenarios())


def _introduction() -> Iterator[str]:
    yield str(APP.info.help)
    yield ""
    yield str(APP.info.epilog)
    yield ""
    root = APP.registered_callback
    assert root is not None
    assert root.callback is not None
    for option in _parameters(root.callback):
        yield f"{code(f'twopair {option.names[0]}')}: {option.words}"
    yield ""
    yield "`--help` at any place says what stands here."


def _command(command: Command) -> Iterator[str]:
    yield f"## {' '.join(command.words)}"
    yield ""
    has_options = command.is_group or any(p.is_option for p in command.parameters)
    options = " [OPTIONS]" if has_options else ""
    rest = [
        p.names[0] if p.default == "required" else f"[{p.names[0]}]"
        for p in command.parameters
        if not p.is_option
    ]
    group = ["COMMAND …"] if command.is_group else []
    yield " ".join([f"    {' '.join(command.words)}{options}", *rest, *group])
    yield ""
    yield prose(command.help)
    if command.parameters:
        yield ""
        yield from table(
            ("argument", "value", "default", "meaning"),
            ((", ".join(map(code, p.names)), *p[1:]) for p in command.parameters),
        )


def _shell() -> Iterator[str]:
    yield "## Commands of twopair ue shell"
    yield ""
    rows = ((code(usage(name)), inspect.getdoc(verb.does) or "") for name, verb in VERBS.items())
    yield from table(("command", "what it does"), rows)


def _scenarios() -> Iterator[str]:
    yield "## Scenarios of the demo"
    yield ""
    yield from table(
        ("scenario", "what it shows", "clauses"),
        ((code(s.name), s.purpose, s.clauses) for s in SCENARIOS.values()),
    )
