"""Which keys of pcscf.toml may change while it serves: part of docs/reference/configuration.md."""

from collections.abc import Iterator

from tools.pages.markdown import code, table

from twopair.live.config.changes import When, keys, row_of


def changes() -> Iterator[str]:
    """A table: keys that change alike, from when on, and what is to be known of it."""
    groups: dict[tuple[When, str], list[str]] = {}
    for key in keys():
        groups.setdefault(row_of(key), []).append(code(key))
    order = sorted(groups, key=lambda row: list(When).index(row[0]))
    rows = ((", ".join(groups[row]), row[0].value, row[1]) for row in order)
    yield from table(("keys", "another value counts", "note"), rows)
