"""Every path in a configuration file is relative to that file (ADR 17)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from tests.unit.live.config.test_read import PCSCF

from twopair.live.config import HomeFile, PcscfFile, UeFile, read
from twopair.live.keeping.opened import places
from twopair.live.tried import beside

KNOWN = {
    "PcscfFile.store.url",
    "PcscfFile.store.key_file",
    "PcscfFile.admin.socket",
    "HomeFile.admin.socket",
    "HomeFile.hss.url",
    "UeFile.identity.sqn_file",
}
"""Each has a test that it is relative: here, or with the soft card, the subscribers and `twopair home`."""


def sections(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from sections(inner)


def paths(model: type[BaseModel], name: str) -> Iterator[str]:
    for key, field in model.model_fields.items():
        if key in {"url", "socket", "path"} or key.endswith(("_file", "_path", "_dir", "_socket", "_url")):
            yield f"{name}.{key}"
        for section in sections(field.annotation):
            yield from paths(section, f"{name}.{key}")


def test_these_are_all() -> None:
    models = (PcscfFile, HomeFile, UeFile)
    assert {path for model in models for path in paths(model, model.__name__)} == KNOWN


@pytest.mark.parametrize("url", ["sqlite:///kept/a.db", "redis://10.0.0.9:6379"])
def test_what_a_pcscf_keeps_lies_beside_its_file(tmp_path: Path, url: str) -> None:
    file = tmp_path / "pcscf.toml"
    text = PCSCF.replace(
        'url = "sqlite:////var/lib/twopair/pcscf.db"', f'url = "{url}"\nkey_file = "my/a.key"'
    )
    file.write_text(text.replace("/run/twopair/pcscf.sock", "pcscf.sock"))
    settings = read(file, PcscfFile)
    base = tmp_path / ("kept/a.db" if url.startswith("sqlite") else "my/a")
    assert places(file, settings) == (
        tmp_path / "my/a.key",
        Path(f"{base}.journal"),
        Path(f"{base}.counters"),
    )
    assert settings.admin.socket is not None
    assert beside(file, settings.admin.socket) == tmp_path / "pcscf.sock"
