"""Subscribers in files of their own, CSV or JSON, with the keys of a [[subscriber]] table."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from io import StringIO
from typing import Any, Final

from twopair.core.aka import Subscriber
from twopair.live.config import ConfigError
from twopair.live.config.home import SubscriberEntry
from twopair.live.config.read import validated

LISTS: Final = ("aliases", "barred", "services")
"""Keys with several values; in CSV there are spaces between them."""

NUMBERS: Final = ("mnc_digits",)


def from_csv(text: str, name: str) -> tuple[Subscriber, ...]:
    """The subscribers of a CSV file, whose first line has the keys.

    Raises:
        ConfigError: every fault, with the number of its line.
    """
    reader = csv.DictReader(StringIO(text), restkey="")
    if not reader.fieldnames:
        raise ConfigError([f"{name}: is empty; give a first line of keys, such as imsi,k,opc,aliases"])
    rows = [(row, f"{name}:{reader.line_num}") for row in reader]
    return _all((partial(_of_row, row, place), place) for row, place in rows)


def from_json(text: str, name: str) -> tuple[Subscriber, ...]:
    """The subscribers of a JSON file: a list of objects.

    Raises:
        ConfigError: every fault, with the number of its entry.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ConfigError([f"{name}: no JSON: {error}"]) from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ConfigError([f"{name}: not a list of objects; give one object for each subscriber"])
    return _all((partial(dict, one), f"{name}: entry {n}") for n, one in enumerate(found, start=1))


def _of_row(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    if "" in row or None in row.values():
        raise ConfigError([f"{place}: has not as many values as the first line has keys"])
    given = {key.strip(): value.strip() for key, value in row.items() if value.strip()}
    for key in LISTS:
        if key in given:
            given[key] = given[key].split()
    for key in NUMBERS:
        if key in given and given[key].isascii() and given[key].isdigit():
            given[key] = int(given[key])
    return given


def _all(rows: Iterable[tuple[Callable[[], Mapping[str, Any]], str]]) -> tuple[Subscriber, ...]:
    """What all rows say, or all that is wrong with them."""
    found: list[Subscriber] = []
    faults: list[str] = []
    for values, place in rows:
        try:
            found.append(validated(values(), SubscriberEntry, place).subscriber())
        except ConfigError as error:
            faults += error.lines
    if faults:
        raise ConfigError(faults)
    return tuple(found)
