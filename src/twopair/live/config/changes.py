"""Which keys of pcscf.toml may change while the P-CSCF serves, and from when on (SIGHUP)."""

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

from twopair.base import Secret
from twopair.live.config.pcscf import PcscfFile
from twopair.live.config.read import models_in


class When(Enum):
    """From when on another value counts."""

    AT_ONCE = "at once"
    NEXT = "for new registrations"
    RESTART = "after a restart"


class Row(NamedTuple):
    """How one key, or all keys of a table, may change.

    Args:
        when: from when on.
        words: what stays as it was, or why nothing else is possible.
    """

    when: When
    words: str = ""


_PASSWORD: Final = re.compile(r"//[^/]*@")
"""Of a URL, with the name before it."""

_SETS_STAY: Final = "SA sets that stand keep what was agreed"

ROWS: Final[Mapping[str, Row]] = {
    "node": Row(When.RESTART, "charging identifiers have the name"),
    "node.workers": Row(When.RESTART, "UEs are shared among them by their addresses"),
    "gm": Row(When.RESTART, "UEs know the addresses, SA sets the ports"),
    "core.address": Row(When.RESTART, "the home network has it in Path"),
    "core.addresses": Row(When.RESTART, "the home network has them in Path"),
    "core.port": Row(When.RESTART, "the home network has it in Path"),
    "core.registrar": Row(When.NEXT, "those registered keep their Service-Route until they register again"),
    "core.nameservers": Row(When.RESTART),
    "core.mtu": Row(When.AT_ONCE),
    "core.aside_s": Row(When.NEXT, "servers that are spared already stay so"),
    "security.algorithms": Row(When.NEXT, _SETS_STAY),
    "security.confidentiality": Row(When.NEXT, _SETS_STAY),
    "security.legacy": Row(When.NEXT, _SETS_STAY),
    "security.response_after_rekey": Row(When.AT_ONCE),
    "security.missing_security_verify": Row(When.AT_ONCE),
    "security.foreign_route": Row(When.AT_ONCE),
    "security.hide_topology": Row(When.AT_ONCE, "dialogs that stand keep what their UEs have seen"),
    "security.reuse": Row(When.AT_ONCE),
    "security.pass_on": Row(When.AT_ONCE),
    "security.flows_per_impi": Row(When.NEXT, "those that are more already stay"),
    "watch": Row(When.NEXT, "subscriptions that stand are given up where it is switched off"),
    "limits": Row(When.AT_ONCE, "what is more already stays"),
    "ipsec": Row(When.RESTART, "SAs are in it"),
    "store": Row(When.RESTART, "what is kept is in it"),
    "media": Row(When.RESTART, "calls that stand are known to the relay"),
    "policy": Row(When.RESTART, "calls that stand have their bearers by it"),
    "diameter": Row(When.RESTART, "peers know us as we were"),
    "admin": Row(When.RESTART),
    "failover": Row(When.RESTART),
    "admin.drain_s": Row(When.AT_ONCE),
    "log": Row(When.AT_ONCE),
    "export": Row(When.AT_ONCE),
}
"""Key, or table for all keys of it that have no row of their own."""


def row_of(key: str) -> Row:
    """The row of a key such as ``gm.port``."""
    return ROWS.get(key) or ROWS[key.partition(".")[0]]


def keys() -> Iterator[str]:
    """Every key of pcscf.toml, in the order of its tables."""
    for table, section in PcscfFile.model_fields.items():
        for model in models_in(section.annotation):
            yield from (f"{table}.{name}" for name in model.model_fields)


class Change(NamedTuple):
    """A key that has another value than before.

    Args:
        key: ``security.reuse``.
        old: as it is written, a secret hidden.
        new: likewise.
    """

    key: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.key}: {self.old} -> {self.new}"


def changes(old: PcscfFile, new: PcscfFile) -> Iterator[Change]:
    """The keys whose values differ."""
    for key in keys():
        before, after = _value(old, key), _value(new, key)
        if before != after:
            yield Change(key, _shown(before), _shown(after))


def taken_over(old: PcscfFile, new: PcscfFile) -> PcscfFile:
    """The settings of before, with those of the new ones that need no restart.

    Raises:
        ValueError: they do not go together.
    """
    tables: dict[str, dict[str, Any]] = {}
    for key in keys():
        if row_of(key).when is not When.RESTART:
            table, _, name = key.partition(".")
            tables.setdefault(table, {})[name] = _value(new, key)
    update = {table: getattr(old, table).model_copy(update=values) for table, values in tables.items()}
    settings = old.model_copy(update=update)
    settings.check()
    return settings


def _value(settings: PcscfFile, key: str) -> Any:
    table, _, name = key.partition(".")
    return getattr(getattr(settings, table), name, None)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, Secret):
        return "(hidden)"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, str | Path):
        return json.dumps(_PASSWORD.sub("//(hidden)@", str(value)), ensure_ascii=False)
    return json.dumps(value) if isinstance(value, bool) else str(value)
