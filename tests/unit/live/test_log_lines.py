"""The log as JSON: one object a line, facts with their fields."""

import json
import logging
from datetime import datetime
from io import StringIO
from typing import Any

import pytest

from twopair.base import Endpoint, Flow, Impi, Impu, Micros, Port, Refusal, Refused, Secret, Transport
from twopair.core.sa import Stage
from twopair.live import log_lines
from twopair.live.facts_log import FactLog
from twopair.live.log_lines import JsonLines, LogFormat, handler, values
from twopair.live.message_log import MessageLog
from twopair.nodes.facts import Registered, SetStage

FLOW = Flow(Transport.UDP, Endpoint("10.0.0.1", Port(5060)), Endpoint("10.0.1.1", Port(6000)))


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """What is logged from now on, as it would be written."""
    caplog.set_level(logging.DEBUG, "twopair")
    form = JsonLines()
    return lambda: [json.loads(form.format(record)) for record in caplog.records]


def test_a_line_has_time_level_logger_and_message(lines: Any) -> None:
    logging.getLogger("twopair.x").warning("store: %s", 'a "b"\nc\x9b')
    (line,) = lines()
    assert (line["level"], line["logger"]) == ("warning", "twopair.x")
    assert line["message"] == 'store: a "b"\nc\x9b'
    assert set(line) == {"time", "level", "logger", "message"}
    when = datetime.fromisoformat(line["time"])
    assert line["time"].endswith("Z")
    assert abs((datetime.now(when.tzinfo) - when).total_seconds()) < 60


def test_one_line_whatever_is_in_it() -> None:
    """ASCII alone: nothing moves a cursor, no octet is one that a shipper cannot read."""
    text = JsonLines().format(logging.makeLogRecord({"msg": "a\r\nb\x9bc\udc80ü"}))
    assert text.isascii()
    assert text.isprintable()


def test_a_fact_has_its_name_and_typed_fields(lines: Any) -> None:
    FactLog()(Registered(Impi("a@b"), Impu("sip:a@b"), 3600, (Impu("sip:a@b"), Impu("tel:+1"))))
    (line,) = lines()
    assert line["event"] == "Registered"
    assert line["fields"]["expires_s"] == 3600
    assert line["fields"]["associated"] == ["sip:a@b", "tel:+1"]
    assert line["fields"]["impi"] == "a@b"
    assert line["message"].startswith("Registered impi=a@b ")


def test_a_refusal_has_status_and_clause_and_what_was_withheld(lines: Any) -> None:
    now = 0
    log = FactLog(lambda: Micros(now))
    for now in (0, 1, 2, 2_000_000):  # noqa: B007
        log(Refused(Refusal.NO_COMMON_ALGORITHM, FLOW, "offered x/y"))
    first, last = lines()
    assert first["event"] == "Refused"
    assert first["fields"] == {
        "refusal": "NO_COMMON_ALGORITHM",
        "flow": str(FLOW),
        "detail": "offered x/y",
        "status": 494,
        "clause": Refusal.NO_COMMON_ALGORITHM.clause,
    }
    assert "withheld" not in first
    assert last["withheld"] == 2


def test_values_of_a_fact() -> None:
    """A secret is not among them, wherever it stands; what says nothing is left out."""
    assert values(SetStage(Impi("a@b"), 7, Stage.IN_USE)) == {"impi": "a@b", "set_id": 7, "stage": "IN_USE"}
    assert "aa" not in str(log_lines._value(Secret(b"\xaa" * 16)))


def test_a_message_that_is_shown_whole_is_one_line(lines: Any) -> None:
    MessageLog({}, whole=True)(FLOW, b'SIP/2.0 401 x\r\nW: ck="aabb",ik="cc"\r\n\r\n', sent=True)
    shown = [line["message"] for line in lines()]
    assert len(shown) == 2
    assert "aabb" not in str(shown)


def test_an_exception_comes_with_its_traceback(lines: Any) -> None:
    try:
        raise RuntimeError("ours")
    except RuntimeError:
        logging.getLogger("twopair.x").exception("failed")
    (line,) = lines()
    assert line["exception"].startswith("Traceback ")
    assert line["exception"].endswith("RuntimeError: ours")


@pytest.mark.parametrize("form", LogFormat)
def test_lines_go_to_stderr(form: LogFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    handler(form).handle(logging.makeLogRecord({"msg": "x", "levelname": "INFO", "name": "twopair"}))
    assert stderr.getvalue().startswith("{" if form is LogFormat.JSON else "20")
    assert stderr.getvalue().count("\n") == 1


def test_a_worker_says_which_one_it_is() -> None:
    record = logging.LogRecord("twopair", logging.INFO, "", 0, "serves", None, None)
    assert handler(LogFormat.TEXT, 2).format(record).endswith(" INFO worker 2: serves")
    assert json.loads(handler(LogFormat.JSON, 2).format(record))["worker"] == 2
    assert "worker" not in handler(LogFormat.TEXT).format(record)
    assert "worker" not in json.loads(handler(LogFormat.JSON).format(record))
