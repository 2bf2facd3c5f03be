"""The demo's scenarios: in the simulated world as ladders to read, and on this machine with real ESP."""

import json
import os
import re
from itertools import count
from pathlib import Path

import pytest

from twopair.base import Suite, Transport
from twopair.core.esp import SUITES
from twopair.demo.report import as_json
from twopair.demo.run import Outcome, Wanted, play
from twopair.demo.scenarios import SCENARIOS
from twopair.demo.show import rows
from twopair.wire.sip import Request

LADDERS = Path(__file__).parent / "ladders"
BY_TRANSPORT = pytest.mark.parametrize("transport", list(Transport), ids=lambda t: t.value)


def in_memory(name: str, transport: Transport, suite: Suite | None = None, ip: int = 4) -> Outcome:
    return play(SCENARIOS[name], Wanted(transport, suite, ip, "memory"))


def wrong(outcome: Outcome) -> list[str]:
    return [f"{verdict.id}: {verdict.detail}" for verdict in outcome.verdicts if not verdict.ok]


def readable(text: str) -> str:
    """A ladder whose random numbers are counted instead, so that it changes only with what happens."""
    for pattern, form in (
        (r"0x[0-9a-f]{8}", "0x{:08x}"),
        (r"\b[12345]\d{4}\b(?! s)", "2{:04d}"),
        (r"(?<=sip:)[0-9a-f]{8,16}(?=[@\s])", "user{:04d}"),
    ):
        numbers, known = count(1), {}  # type: ignore[var-annotated]
        text = re.sub(pattern, lambda m, k=known, n=numbers, f=form: _named(m, k, n, f), text)  # type: ignore[misc]
    return text


def _named(match: "re.Match[str]", known: "dict[str, str]", numbers: "count[int]", form: str) -> str:
    word = match.group()
    if word not in known:
        known[word] = form.format(next(numbers)).ljust(len(word), "0")[: len(word)]
    return known[word]


@BY_TRANSPORT
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_ladder(name: str, transport: Transport) -> None:
    """Each scenario as it is shown, letter by letter, 100 columns at most.

    To write the files anew: ``TWOPAIR_LADDERS=new pytest tests/story/test_demo.py``, then read the diff.
    """
    shown = [line.rstrip() for row in rows(in_memory(name, transport)) for line in row.plain.split("\n")]
    assert max(map(len, shown)) <= 100
    text = readable("\n".join(shown) + "\n")
    path = LADDERS / f"{name}-{transport.value.lower()}.txt"
    if os.environ.get("TWOPAIR_LADDERS") == "new":
        path.write_text(text)
    assert text == path.read_text()


def shown_at(outcome: Outcome, width: int) -> list[str]:
    return [line for row in rows(outcome, width) for line in row.plain.split("\n")]


def words_of(lines: list[str]) -> str:
    """What is said in them, without what is only drawn, and without where lines end."""
    return re.sub(r"[\s│═╌─━╞╡├┤┝┥►◄<>]", "", "".join(lines))


@BY_TRANSPORT
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_every_width_says_the_same(name: str, transport: Transport) -> None:
    """No line is longer than the screen, and no word is cut: start lines, SAs, SPIs, ports, remarks."""
    outcome = in_memory(name, transport)
    widest = words_of(shown_at(outcome, 200))
    for width in (80, 100, 120, 200):
        lines = shown_at(outcome, width)
        assert max(map(len, lines)) <= width
        assert sorted(words_of(lines)) == sorted(widest)
        for said in outcome.recording.said():
            message = said.seen.message
            start = f"{message.method} {message.uri}" if isinstance(message, Request) else message.reason
            assert words_of([start]) in words_of(lines)
    assert shown_at(outcome, 40) == shown_at(outcome, 80)
    assert "…" not in widest


@BY_TRANSPORT
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_every_check_holds_in_the_simulated_world(name: str, transport: Transport) -> None:
    """SA-01, FLOW-01, MSG-01, ERR-31 and what else a scenario checks."""
    outcome = in_memory(name, transport)
    assert not wrong(outcome)
    assert outcome.ok


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_every_suite_is_negotiated(suite: Suite) -> None:
    """AGR-22: with one suite on both sides, that one is in use."""
    assert not wrong(in_memory("figure1", Transport.UDP, suite, 6))


def heading(outcome: Outcome) -> str:
    return shown_at(outcome, 140)[1]


@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_the_header_names_the_suite_that_was_negotiated(suite: Suite) -> None:
    """AGR-22: with `--alg` the one asked for; it is read from the sets of both ends."""
    assert f" · {suite} · " in heading(in_memory("figure1", Transport.UDP, suite))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no-common-algorithm", "no algorithms agreed"),
        ("wrong-key", "no algorithms agreed"),
        ("mitm", "hmac-sha-1-96/null"),
        ("figure1", "null/aes-gcm"),
    ],
)
def test_the_header_says_what_came_of_the_agreement(name: str, words: str) -> None:
    """AGR-21, AKA-20: where no set stands at both ends, none were agreed; what an attacker chose is told."""
    assert f" · {words} · " in heading(in_memory(name, Transport.TCP))


def test_equal_seeds_give_equal_runs() -> None:
    first, second = (json.dumps(as_json(in_memory("figure1", Transport.TCP))) for _ in range(2))
    assert first == second


@BY_TRANSPORT
def test_json_agrees_with_table_4_2(transport: Transport) -> None:
    """Table 4.2: SM1 and SM6 in the clear, SM7 over SA1-up, SM12 over SA2-dn on UDP and SA1-dn on TCP."""
    told = as_json(in_memory("figure1", transport))
    assert list(told) == ["scenario", "transport", "backend", "ok", "messages", "checks"]
    assert (told["scenario"], told["transport"], told["backend"]) == (
        "figure1",
        transport.value.lower(),
        "memory",
    )
    steps = [(m["step"], m["from"], m["to"], m["sa"]) for m in told["messages"][:8]]
    last = "SA2-dn" if transport is Transport.UDP else "SA1-dn"
    assert steps == [
        (step, *ends, sa)
        for ue in ("ue", "ue2")
        for step, ends, sa in (
            ("SM1", (ue, "pcscf"), None),
            ("SM6", ("pcscf", ue), None),
            ("SM7", (ue, "pcscf"), "SA1-up"),
            ("SM12", ("pcscf", ue), last),
        )
    ]
    assert [m["spi"] is None for m in told["messages"]] == [m["sa"] is None for m in told["messages"]]
    assert {m["step"] for m in told["messages"][8:]} == {""}
    assert all(m["sa"] for m in told["messages"][8:])
    one = told["messages"][0]
    assert list(one) == ["step", "from", "to", "transport", "src", "dst", "sa", "spi", "start_line"]
    assert one["dst"] == "10.0.0.1:5060"
    assert one["start_line"] == "REGISTER sip:ims.mnc001.mcc001.3gppnetwork.org SIP/2.0"


@pytest.mark.lab
@BY_TRANSPORT
@pytest.mark.parametrize("ip", [4, 6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("suite", SUITES, ids=str)
def test_figure1_on_this_machine(suite: Suite, ip: int, transport: Transport) -> None:
    """SA-02: the same on real sockets and real ESP, every suite (AGR-06, AGR-07)."""
    outcome = play(SCENARIOS["figure1"], Wanted(transport, suite, ip, "userspace"))
    assert not wrong(outcome)
    assert outcome.ok


@pytest.mark.lab
@BY_TRANSPORT
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name == "mitm" else ())
        for name in SCENARIOS
        if name != "figure1"
    ],
)
def test_failures_on_this_machine(name: str, transport: Transport) -> None:
    """AKA-20, AKA-21, ERR-08, ERR-31."""
    outcome = play(SCENARIOS[name], Wanted(transport))
    assert not wrong(outcome)
    assert outcome.ok
