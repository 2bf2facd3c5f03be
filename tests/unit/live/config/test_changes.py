"""What of pcscf.toml may change while it serves."""

from pathlib import Path

import pytest
from tests.unit.live.config.files import pcscf_file

from twopair.live.config.changes import ROWS, When, changes, keys, row_of, taken_over


def test_each_key_has_a_row_and_each_row_a_key() -> None:
    known = set(keys())
    assert known
    for key in known:
        assert row_of(key)
    tables = {key.partition(".")[0] for key in known}
    assert {row for row in ROWS if row not in known and row not in tables} == set()


def test_nothing_changed(tmp_path: Path) -> None:
    assert list(changes(pcscf_file(tmp_path), pcscf_file(tmp_path))) == []


def test_a_change_names_key_and_both_values(tmp_path: Path) -> None:
    old = pcscf_file(tmp_path)
    new = pcscf_file(tmp_path, more='[log]\nlevel = "debug"\n[admin]\nsocket = "a b"\nhttp = "127.0.0.1:9"\n')
    assert list(map(str, changes(old, new))) == [
        'admin.socket: none -> "a b"',
        "admin.http: none -> 127.0.0.1:9",
        'log.level: "info" -> "debug"',
    ]


def test_no_password_is_shown(tmp_path: Path) -> None:
    old = pcscf_file(tmp_path)
    new = pcscf_file(tmp_path, more='[store]\nurl = "redis://me:hush@10.0.0.1:6379"\nkey_file = "k"\n')
    assert next(map(str, changes(old, new))) == ('store.url: "memory:" -> "redis://(hidden)@10.0.0.1:6379"')


def test_what_needs_a_restart_stays(tmp_path: Path) -> None:
    old = pcscf_file(tmp_path)
    new = pcscf_file(
        tmp_path,
        ("5062", "5072"),
        ("port = 5060\nregistrar = ", "port = 5090\nregistrar = "),
        more='[log]\nlevel = "debug"\n[store]\nurl = "sqlite:///x"\n',
    )
    both = taken_over(old, new)
    assert both.log.level == "debug"
    assert both.gm == old.gm
    assert both.core.port == old.core.port == 5060
    assert both.store == old.store
    waiting = {change.key for change in changes(both, new)}
    assert waiting == {"gm.port_ps", "core.port", "store.url"}
    assert {row_of(key).when for key in waiting} == {When.RESTART}


def test_what_does_not_go_together_with_what_stays(tmp_path: Path) -> None:
    """A registrar that would be this P-CSCF itself, as long as it is where it is."""
    old = pcscf_file(tmp_path)
    address = old.core.address
    new = pcscf_file(
        tmp_path,
        (f'address = "{address}"', 'address = "10.20.0.77"'),
        (f"{old.core.registrar}", f"{address}:5060"),
    )
    with pytest.raises(ValueError, match="itself"):
        taken_over(old, new)
