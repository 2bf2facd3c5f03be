"""`twopair home subscriber`: what is kept, what is shown, and what is not (AKA-32)."""

import json
from io import StringIO
from pathlib import Path

import pytest

from twopair.cli.main import status_of

K, OPC = "465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"
DOMAIN = "ims.mnc001.mcc001.3gppnetwork.org"
HOME = f"""
[node]
domain = "{DOMAIN}"
[sip]
address = "127.0.0.1"
[hss]
url = "sqlite:///hss.db"
[[service]]
name = "mmtel"
server = "sip:127.0.0.9:5070"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "home.toml"
    file.write_text(HOME)
    return file


class Said:
    """What one command line says."""

    def __init__(self, capsys: pytest.CaptureFixture[str], file: Path) -> None:
        self._capsys = capsys
        self._file = file

    def __call__(self, *words: str, code: int = 0) -> list[str]:
        action, *more = words
        assert status_of(["home", "subscriber", action, "-c", str(self._file), *more]) == code
        out, err = self._capsys.readouterr()
        assert K not in out + err
        assert OPC not in out + err
        return (err if code else out).splitlines()


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], file: Path) -> Said:
    return Said(capsys, file)


def secrets(folder: Path) -> str:
    file = folder / "secrets"
    file.write_text(f'k = "{K}"\nopc = "{OPC}"\n')
    return str(file)


def test_a_subscriber_is_added_listed_shown_and_removed(said: Said, tmp_path: Path) -> None:
    words = ("--alias", "sip:alice@home", "--alias", "tel:+49301", "--service", "mmtel")
    more = ("--secrets", secrets(tmp_path), *words)
    impi = f"001010000000001@{DOMAIN}"
    assert said("add", "--imsi", "001010000000001", *more) == [f"added {impi}"]
    assert said("list") == [f"{impi} sip:alice@home tel:+49301 (sip:{impi}) → mmtel"]
    for who in (impi, "sip:alice@HOME", "tel:+49-301"):
        assert said("show", who) == [
            f"impi: {impi}",
            "impus: sip:alice@home tel:+49301",
            f"barred: sip:{impi}",
            "services: mmtel",
            "subscription: ",
            "algorithm: milenage",
            "sqn: 0",
        ]
    (shown,) = said("show", impi, "--json")
    assert json.loads(shown)["sqn"] == 0
    assert said("remove", "sip:alice@home") == [f"removed {impi}"]
    assert said("list") == []


def test_secrets_come_from_stdin_too(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(f'k = "{K}"\nopc = "{OPC}"\n'))
    said("add", "--imsi", "001010000000001", "--secrets", "-")
    assert len(said("list")) == 1


def test_or_are_asked_for(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of them is echoed, and nothing stands in the list of processes."""
    answers = iter((K, OPC))
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    said("add", "--imsi", "001010000000001")
    assert next(answers, None) is None
    assert len(said("list")) == 1


CSV = f"""imsi,k,opc,aliases,services
001010000000001,{K},{OPC},sip:alice@home tel:+49301,mmtel
001010000000002,{K},{OPC},,
"""


def test_a_csv_file_is_imported(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text(CSV)
    assert said("import", str(file)) == ["imported 2"]
    assert said("import", str(file)) == ["imported 2"]
    first, second = map(json.loads, said("list", "--json"))
    assert first["impus"] == ["sip:alice@home", "tel:+49301"]
    assert second["impus"] == [f"sip:001010000000002@{DOMAIN}"]


def test_so_is_json(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "many.json"
    entries = [
        {
            "imsi": "001010000000001",
            "k": K,
            "opc": OPC,
            "aliases": ["sip:smith@home"],
            "subscription": "smith",
        },
        {
            "imsi": "001010000000002",
            "k": K,
            "opc": OPC,
            "aliases": ["sip:smith@home"],
            "subscription": "smith",
        },
    ]
    file.write_text(json.dumps(entries))
    assert said("import", str(file)) == ["imported 2"]
    assert [line.rpartition(" of ")[2] for line in said("list")] == ["smith", "smith"]
    assert len(said("show", "sip:smith@home", "--json")) == 2


def test_a_thousand(said: Said, tmp_path: Path) -> None:
    file = tmp_path / "thousand.csv"
    rows = [f"00101{n:010d},{K},{OPC},sip:user{n}@home tel:+4930{n:06d}" for n in range(1000)]
    file.write_text("\n".join(["imsi,k,opc,aliases", *rows]))
    assert said("import", str(file)) == ["imported 1000"]
    lines = said("list")
    assert len(lines) == 1000
    assert len({line.split()[0] for line in lines}) == 1000


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["is empty; give a first line of keys, such as imsi,k,opc,aliases"]),
        ("imsi,k\n1\n", ["2: has not as many values as the first line has keys"]),
        (
            f"imsi,k,opc,pin\n12,{K},{OPC},1\n",
            ['2: imsi = "12": not an IMSI; give 6 to 15 digits', "2: pin: no such key; known here:"],
        ),
        (f"imsi,k,opc\n001010000000001,{K[:-1]},{OPC}\n", ["2: k: "]),
        (
            f"imsi,k,opc,services\n001010000000001,{K},{OPC},poc\n",
            ["poc is no service; give the name of a [[service]] in "],
        ),
        (
            f"imsi,k,opc,aliases\n001010000000001,{K},{OPC},sip:a@h\n001010000000002,{K},{OPC},sip:a@h\n",
            ["sip:a@h belongs to two subscribers"],
        ),
    ],
)
def test_of_a_wrong_file_nothing_is_taken(said: Said, tmp_path: Path, text: str, lines: list[str]) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text(text)
    found = said("import", str(file), code=2)
    assert len(found) == len(lines)
    for line, words in zip(found, lines, strict=True):
        assert line.startswith(f"twopair: {file}:")
        assert words in line
    assert said("list") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "no JSON"), ("{}", "not a list of objects"), ('[{"imsi": 7}]', "entry 1: imsi = 7: not a text")],
)
def test_wrong_json(said: Said, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(text)
    assert words in said("import", str(file), code=2)[0]


def test_who_is_not_there(said: Said) -> None:
    for action in ("show", "remove"):
        assert said(action, "sip:nobody@home", code=2) == ["twopair: sip:nobody@home: no such subscriber"]


def test_a_store_that_keeps_nothing(said: Said, file: Path) -> None:
    file.write_text(HOME.replace("sqlite:///hss.db", "memory:"))
    (line,) = said("list", code=2)
    assert line.endswith('hss.url = "memory:": keeps no subscribers; give sqlite:///PATH')


@pytest.mark.parametrize("words", [["home"], ["home", "subscriber", "list"]])
def test_the_file_must_be_named(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert status_of(words) == 2
    assert "-c" in capsys.readouterr().err
