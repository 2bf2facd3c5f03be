"""How a line of the log looks: words for people, or one JSON object for machines."""

import json
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from twopair.base import Refused


class LogFormat(Enum):
    """What `--log-format` may be."""

    TEXT = "text"
    JSON = "json"


class JsonLines(logging.Formatter):
    """One JSON object a line: time in UTC (RFC 3339), level, logger, message; a fact with its fields.

    Args:
        worker: number of the worker that writes it, 0 where there is one process.
    """

    def __init__(self, worker: int = 0) -> None:
        super().__init__()
        self._beside = {"worker": worker} if worker else {}

    def format(self, record: logging.LogRecord) -> str:
        """The line, without an end."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, Any] = {
            "time": when.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._beside,
        }
        if (fact := getattr(record, "fact", None)) is not None:
            said |= {"event": type(fact).__name__, "fields": values(fact)}
            if withheld := getattr(record, "withheld", 0):
                said["withheld"] = withheld
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said)


def values(fact: object) -> dict[str, Any]:
    """The fields of a fact as JSON has them: numbers stay numbers, what is not there is left out."""
    found = {} if not is_dataclass(fact) else {f.name: _value(getattr(fact, f.name)) for f in fields(fact)}
    if isinstance(fact, Refused):
        found |= {"status": fact.refusal.status, "clause": fact.refusal.clause}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _value(value: object) -> Any:
    if isinstance(value, Enum):
        return value.name
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if type(value) is tuple:
        return [_value(one) for one in value]
    return str(value)


class TextLines(logging.Formatter):
    """Words for people; lines within one second share what is the same in their time."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self._second = -1
        self._said = ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """See `logging.Formatter`."""
        second = int(record.created)
        if second != self._second:
            self._second, self._said = second, time.strftime(self.default_time_format, self.converter(second))
        return f"{self._said},{int(record.msecs):03d}"


def _text_lines(worker: int) -> logging.Formatter:
    return TextLines(f"%(asctime)s %(levelname)s {f'worker {worker}: ' if worker else ''}%(message)s")


_FORMATTERS: Final[dict[LogFormat, Callable[[int], logging.Formatter]]] = {
    LogFormat.TEXT: _text_lines,
    LogFormat.JSON: JsonLines,
}


def handler(form: LogFormat, worker: int = 0) -> logging.Handler:
    """Writes such lines to stderr, where services log; of several workers with the number of each."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line has them
    found = logging.StreamHandler(sys.stderr)
    found.setFormatter(_FORMATTERS[form](worker))
    return found
