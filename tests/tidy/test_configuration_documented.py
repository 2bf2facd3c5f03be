"""Every key of every configuration file stands in docs/reference/configuration.md, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from twopair.live.config import HomeFile, PcscfFile, UeFile

PAGE = (Path(__file__).parents[2] / "docs/reference/configuration.md").read_text()


def chapter(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def keys(model: type[BaseModel], table: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = [part for part in (field.annotation, *get_args(field.annotation)) if _is_model(part)]
        if inner:
            yield from keys(inner[0], f"{name}.")
        else:
            yield table + name


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


@pytest.mark.parametrize(
    ("title", "model"), [("pcscf.toml", PcscfFile), ("home.toml", HomeFile), ("ue.toml", UeFile)]
)
def test_every_key_is_documented(title: str, model: type[BaseModel]) -> None:
    rows = [line.split("|")[1] for line in chapter(title).splitlines() if line.startswith("| `")]
    documented = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", "".join(rows)))
    assert documented == set(keys(model))
