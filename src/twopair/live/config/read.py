"""Reads one TOML file and tells all that is wrong with it, each line with file, key and value."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from twopair.live.config import words
from twopair.live.config.fields import CONTROLS
from twopair.live.config.near import nearest
from twopair.live.config.together import Broken

SECRET_KEYS: Final = frozenset({"k", "op", "opc", "auth_key"})
"""Keys whose values are never shown (AKA-32)."""

_LONGEST_VALUE_SHOWN: Final = 60

Model = TypeVar("Model", bound=BaseModel)


class ConfigError(Exception):
    """A file that cannot be used. Ends a command with exit code 2.

    Args:
        lines: one line for each fault, complete with file, key and value.
    """

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def read(path: Path, model: type[Model]) -> Model:
    """The file's content as that model. Raises ConfigError with every fault of the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: {words.of_system(error)}"]) from None
    except UnicodeDecodeError as error:
        fault = f"not UTF-8 text from octet {error.start + 1} on; save it as UTF-8"
        raise ConfigError([f"{path}: {fault}"]) from None
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError([f"{path}: {words.of_toml(error, text)}"]) from None
    return validated(values, model, str(path))


def validated(values: Mapping[str, Any], model: type[Model], place: str) -> Model:
    """Values as that model. Raises ConfigError with every fault, each line beginning with `place`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        lines = [line for fault in faults for line in _lines(fault, values, model)]
        raise ConfigError([f"{place}: {line}" for line in lines]) from None


def _lines(fault: ErrorDetails, values: Mapping[str, Any], model: type[BaseModel]) -> Iterator[str]:
    """One fault in words, or each rule over several keys that is broken."""
    broken = fault.get("ctx", {}).get("error")
    if not isinstance(broken, Broken):
        yield _fault(fault, values, model)
        return
    for place, said in broken.found:
        yield _line((*fault["loc"], *place), values, said)


def _line(where: tuple[int | str, ...], values: Mapping[str, Any], said: str) -> str:
    """Key, value as far as it may be shown, and what is said of it."""
    return f"{''.join(_steps(where))}{_shown(where, values)}: {said}"


def _fault(fault: ErrorDetails, values: Mapping[str, Any], model: type[BaseModel]) -> str:
    """One fault in words."""
    where = fault["loc"]
    key = "".join(_steps(where))
    if fault["type"] == "extra_forbidden":
        known = _keys_beside(where, model)
        near = nearest(str(where[-1]), known)
        hint = f"; meant {near}?" if near else f"; known here: {', '.join(known)}"
        shown = "" if SECRET_KEYS & set(known) else _shown(where, values)  # a misspelt key may hold a secret
        return f"{key}{shown}: no such key{hint}"
    said = words.of_value(fault["type"], fault.get("ctx", {}))
    return _line(where, values, said) if where else said


def _steps(where: tuple[int | str, ...]) -> Iterator[str]:
    """``gm.port_pc[2]``; places in lists are counted from 1, as people do."""
    for step in where:
        if isinstance(step, int):
            yield f"[{step + 1}]"
        else:
            key = _escaped(step)
            yield key if step == where[0] else f".{key}"


def _shown(where: tuple[int | str, ...], values: Any) -> str:
    """`` = "value"``, or nothing for tables and secrets."""
    if SECRET_KEYS & set(where):
        return ""
    for step in where:
        try:
            values = values[step]
        except (KeyError, IndexError, TypeError):
            return ""
    if isinstance(values, dict) or (isinstance(values, list) and any(isinstance(v, dict) for v in values)):
        return ""
    text = _escaped(json.dumps(values, ensure_ascii=False, default=str))
    return f" = {text if len(text) <= _LONGEST_VALUE_SHOWN else text[:_LONGEST_VALUE_SHOWN] + '…'}"


def _escaped(text: str) -> str:
    """Control characters as TOML writes them, so that a line stays a line of what it seems to be."""
    return re.sub(CONTROLS, lambda found: f"\\u{ord(found[0]):04x}", text)


def _keys_beside(where: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """The keys that are known in the table where an unknown one was found."""
    for step in where[:-1]:
        if isinstance(step, str):
            model = next(m for m in models_in(model.model_fields[step].annotation))
    return list(model.model_fields)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The tables that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)
