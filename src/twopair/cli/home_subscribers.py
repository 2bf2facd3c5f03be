"""`twopair home subscriber`: who a home network serves, in the SQLite file that its configuration names."""

import json
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from twopair.base import Impi, Impu
from twopair.cli.services import ConfigFile
from twopair.core.aka import Subscriber
from twopair.live.config import ConfigError
from twopair.live.config.home import SubscriberEntry
from twopair.live.config.read import validated
from twopair.live.subscribers.beside import Register, open_beside
from twopair.live.subscribers.entries import from_csv, from_json
from twopair.live.ue.printer import one_line

app = typer.Typer(
    no_args_is_help=True,
    help="Add, list, show, remove and import the subscribers of a home network, also while it runs.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Who = Annotated[str, typer.Argument(metavar="WHO", help="Private or public identity.")]
_SECRETS = ("k", "opc", "op")


@app.command()
def add(
    config: ConfigFile,
    imsi: Annotated[
        str | None, typer.Option(metavar="DIGITS", help="All identities follow from it; or")
    ] = None,
    impi: Annotated[str | None, typer.Option(metavar="IMPI", help="private identity,")] = None,
    impu: Annotated[str | None, typer.Option(metavar="IMPU", help="public identity,")] = None,
    domain: Annotated[str | None, typer.Option(metavar="DOMAIN", help="and domain, one by one.")] = None,
    mnc_digits: Annotated[int, typer.Option(metavar="NUMBER", help="Length of the MNC in the IMSI.")] = 2,
    alias: Annotated[
        list[str] | None, typer.Option(metavar="IMPU", help="A further public identity; may be repeated.")
    ] = None,
    barred: Annotated[
        list[str] | None, typer.Option(metavar="IMPU", help="One that only registers; may be repeated.")
    ] = None,
    service: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A [[service]] of the file; may be repeated.")
    ] = None,
    subscription: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Those of one subscription may share public identities."),
    ] = None,
    algorithm: Annotated[str, typer.Option(metavar="NAME", help="milenage, or tuak.")] = "milenage",
    secrets: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='File with lines k = "…" and opc = "…" (or op); - for stdin.'),
    ] = None,
) -> None:
    """Add a subscriber, or replace what is known of them; K and OPc are asked for, or read from a file.

    The sequence number of one who is there already stays.
    """
    given: dict[str, Any] = {
        "imsi": imsi, "impi": impi, "impu": impu, "domain": domain, "mnc_digits": mnc_digits,
        "aliases": alias, "barred": barred, "services": service,
        "subscription": subscription, "algorithm": algorithm,
    }  # fmt: skip
    values = {key: value for key, value in given.items() if value} | _secrets(secrets)
    one = validated(values, SubscriberEntry, "subscriber").subscriber()
    with open_beside(config) as register:
        register.add([one])
    print(one_line(f"added {one.impi}"))


@app.command(name="list")
def list_(config: ConfigFile, as_json: Json = False) -> None:
    """List all subscribers with what they may use; no secret is shown."""
    with open_beside(config) as register:
        for one in register.all():
            _print(_told(one), _line(one), as_json=as_json)


@app.command()
def show(config: ConfigFile, who: Who, as_json: Json = False) -> None:
    """Show one subscriber, all but the secrets."""
    with open_beside(config) as register:
        for one in _found(register, [who]):
            values = _told(one) | {"sqn": register.store.sqn(one.impi)}
            if as_json:
                print(json.dumps(values))
                continue
            for key, value in values.items():
                print(one_line(f"{key}: {' '.join(value) if isinstance(value, list) else value}"))


@app.command()
def remove(
    config: ConfigFile,
    who: Annotated[list[str], typer.Argument(metavar="WHO", help="Private or public identities.")],
) -> None:
    """Remove subscribers; a registration that stands ends with its time."""
    with open_beside(config) as register:
        gone = _found(register, who)
        register.store.remove([one.impi for one in gone])
    for one in gone:
        print(one_line(f"removed {one.impi}"))


@app.command(name="import")
def import_(
    config: ConfigFile,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, or JSON if it ends so; - for CSV from stdin.")
    ],
) -> None:
    """Add or replace all subscribers of a file, or none of them.

    The keys are those of a [[subscriber]] table: the first line of CSV, the objects of a JSON list.
    """
    text = _text(file)
    read = from_json if file.suffix.lower() == ".json" else from_csv
    subscribers = read(text, str(file))
    with open_beside(config) as register:
        register.add(subscribers, str(file))
    print(f"imported {len(subscribers)}")


def _secrets(file: Path | None) -> dict[str, str]:
    """K with OPc or OP: from a file, or asked for; never from the command line, which others can see."""
    if file is None:
        asked = (("k", "K"), ("opc", "OPc"))
        return {key: typer.prompt(words, hide_input=True, err=True) for key, words in asked}
    try:
        found = tomllib.loads(_text(file))
    except tomllib.TOMLDecodeError:
        raise ConfigError([f'{file}: no TOML; write lines k = "…" and opc = "…"']) from None
    if unknown := [key for key in found if key not in _SECRETS]:
        raise ConfigError([f"{file}: {unknown[0]}: no such key; known here: {', '.join(_SECRETS)}"])
    return found


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise ConfigError([f"{file}: cannot be read ({words}); give a file of text"]) from None


def _found(register: Register, whom: list[str]) -> list[Subscriber]:
    """The subscribers that are meant. Raises ConfigError for each who is none."""
    found: dict[Impi, Subscriber] = {}
    faults = []
    for who in whom:
        impis = (Impi(who),) if register.store.get(Impi(who)) else register.store.owners(Impu(who))
        met = [one for impi in impis if (one := register.store.get(impi)) is not None]
        found |= {one.impi: one for one in met}
        if not met:
            faults.append(f"{who}: no such subscriber")
    if faults:
        raise ConfigError(faults)
    return list(found.values())


def _told(one: Subscriber) -> dict[str, Any]:
    return {
        "impi": one.impi,
        "impus": list(one.associated),
        "barred": sorted(one.barred),
        "services": list(one.services),
        "subscription": one.subscription,
        "algorithm": one.keys.algorithm,
    }


def _line(one: Subscriber) -> str:
    """IMPI and identities; those barred in brackets, services behind an arrow."""
    words = [one.impi, *one.associated, *(f"({impu})" for impu in sorted(one.barred))]
    words += [f"→ {name}" for name in one.services]
    return " ".join([*words, *([f"of {one.subscription}"] if one.subscription else [])])


def _print(values: dict[str, Any], words: str, *, as_json: bool) -> None:
    print(json.dumps(values) if as_json else one_line(words))
