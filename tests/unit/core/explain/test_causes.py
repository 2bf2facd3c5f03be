"""Each row of the table of causes from the shortest diary that proves it; which row comes first."""

from typing import NamedTuple

import pytest

from twopair.base import Limit, Micros, Refusal
from twopair.core.explain import (
    CAUSES,
    By,
    Came,
    Case,
    Cause,
    Confirmed,
    Counts,
    Dismissed,
    Entry,
    Explanation,
    Failed,
    Happening,
    Left,
    Staged,
    Standing,
    explain,
)
from twopair.core.registration.brought import Brought
from twopair.core.sa import Stage

HERE, THERE = "10.10.1.1", "10.10.1.9"
TEMPORARY, IN_USE, DELETED = Stage.TEMPORARY, Stage.IN_USE, Stage.DELETED
SM1 = Came(HERE, "", None, Brought.NOTHING)
MOVED = Came(THERE, "", None, Brought.NOTHING)
BEHIND_NAT = Came(HERE, "192.168.1.1", None, Brought.NOTHING)
SM7 = Came(HERE, "", TEMPORARY, Brought.RESPONSE)
DENIAL = Came(HERE, "", None, Brought.DENIAL)
AUTS = Came(HERE, "", None, Brought.AUTS)
SM6 = Staged(1, TEMPORARY)
OK = Confirmed("sip:a@h", 3600)
FLOODED = Dismissed(Refusal.FLOODED, HERE, Limit.REGISTER_RATE.word, 12)
CLEAR = Dismissed(Refusal.NO_SA_SET, HERE)
USED = Standing(1, IN_USE, HERE, Counts(9))
NOW = Micros(3_600_000_000)


def gone(**counts: int) -> Staged:
    return Staged(1, DELETED, Counts(**counts))


SM6_2, GONE_2 = Staged(2, TEMPORARY), Staged(2, DELETED, Counts())


def refused(refusal: Refusal, detail: str = "") -> Failed:
    return Failed(refusal.status, refusal.words, refusal, detail)


def core(status: int) -> Failed:
    return Failed(status, "Reason")


class Row(NamedTuple):
    """Name and number of the row that is to be found, and a diary; `sets` make it registered."""

    name: str
    lines: tuple[Happening, ...]
    sets: tuple[Standing, ...] = ()


def told(lines: tuple[Happening, ...], sets: tuple[Standing, ...] = (), age_s: float = 60) -> Explanation:
    """What is said some time after the last line; there is a second between two."""
    start = NOW - round(age_s * 1_000_000) - len(lines) * 1_000_000
    entries = [Entry(Micros(start + n * 1_000_000), what) for n, what in enumerate(lines)]
    held = any(one.stage is IN_USE for one in sets)
    return explain(Case(entries, sets, registered=held, now=NOW))


BY_REFUSAL = {
    Refusal.VERIFY_MISSING: "tampered",
    Refusal.VERIFY_MISMATCH: "tampered",
    Refusal.CLIENT_MISMATCH: "tampered",
    Refusal.IMPI_MISMATCH: "tampered",
    Refusal.AGREEMENT_NOT_KNOWN: "no-security-client",
    Refusal.SECURITY_CLIENT_MISSING: "no-security-client",
    Refusal.MALFORMED_SECURITY: "no-security-client",
    Refusal.OFFER_INVALID: "no-security-client",
    Refusal.NO_COMMON_ALGORITHM: "no-common-algorithm",
    Refusal.CONFIDENTIALITY_REQUIRED: "no-common-algorithm",
    Refusal.TOO_MANY_SETS: "limit",
    Refusal.TOO_MANY_FLOWS: "limit",
    Refusal.OVERLOADED: "limit",
    Refusal.SA_INSTALL_FAILED: "limit",
    Refusal.KEYS_MISSING: "core-without-keys",
    Refusal.CORE_SILENT: "core-silent",
    Refusal.NAME_UNRESOLVED: "core-not-found",
    Refusal.ANSWER_IN_CLEAR: "clear-on-protected-port",
    Refusal.SOURCE_NOT_VIA: "nat-between",
    Refusal.NOT_AUTHENTICATED: "core-refused",
    Refusal.CHALLENGE_ON_TEMPORARY: "core-refused",
    Refusal.PORTS_REUSED: "ports-reused",
    Refusal.PORT_COLLISION: "ports-reused",
    Refusal.SERVER_PORT_CHANGED: "ports-reused",
    Refusal.NOT_FIRST_HOP: "refused-otherwise",
    Refusal.DRAINING: "refused-otherwise",
}

TOO_MUCH = (Refusal.OVERLOADED, Refusal.FLOODED, Refusal.OVERSIZED)

ROWS = [
    *(Row("limit", (SM1, refused(Refusal.OVERLOADED, limit.word))) for limit in Limit),
    *(Row("limit", (Dismissed(refusal, HERE, limit.word),)) for limit in Limit for refusal in TOO_MUCH),
    *(Row(name, (SM1, refused(refusal))) for refusal, name in BY_REFUSAL.items()),
    Row("tampered", (SM1, SM6, SM7, refused(Refusal.SECURITY_CLIENT_MISSING))),
    Row("ports-reused", (OK, SM1, refused(Refusal.PORT_COLLISION)), (USED,)),
    Row("address-changed", (OK, MOVED), (USED,)),
    Row("ue-lost-state", (OK, SM1), (USED,)),
    Row("registered", (OK,), (USED,)),
    Row("registered", (), (USED,)),
    Row("wrong-key", (SM1, SM6, SM7, core(403))),
    Row("wrong-key", (SM1, SM6, DENIAL, core(403))),
    Row("sqn", (SM1, SM6, AUTS, core(403))),
    Row("unknown-subscriber", (SM1, core(403))),
    Row("unknown-subscriber", (SM1, core(404))),
    Row("core-refused", (SM1, core(500))),
    Row("core-refused", (SM1, SM6, SM7, core(503))),
    Row("wrong-key", (SM1, SM6, DENIAL, gone(), SM6_2, GONE_2)),
    Row("sqn", (SM1, SM6, AUTS, gone(), SM6_2, GONE_2)),
    Row("nat-between", (BEHIND_NAT, SM6, gone())),
    Row("address-changed", (SM1, SM6, MOVED, gone())),
    Row("clear-on-protected-port", (SM1, SM6, CLEAR, gone())),
    Row("clear-on-protected-port", (SM1, SM6, gone(clear=3))),
    Row("sm7-never-came", (SM1, SM6, gone(bad_icv=2))),
    Row("sm7-never-came", (SM1, SM6, gone(mismatched=2))),
    Row("sm7-never-came", (SM1, SM6, gone(packets=2))),
    Row("sm7-never-came", (SM1, SM6, gone())),
    Row("sm7-never-came", (SM1, SM6), (Standing(1, TEMPORARY, HERE, Counts()),)),
    Row("deregistered", (SM1, OK, Left(By.USER, "by the user"))),
    Row("deregistered-by-network", (SM1, OK, Left(By.NETWORK, "by the network: rejected"))),
    Row("expired", (SM1, OK, Left(By.TIME, "its SA sets have expired"))),
    Row("expired", (SM1, OK)),
    Row("core-silent", (SM1,)),
    Row("clear-on-protected-port", (CLEAR,)),
    Row("never-heard", ()),
    Row("never-heard", (Dismissed(Refusal.BAD_REQUEST, HERE),)),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_shortest_diary(row: Row) -> None:
    found = told(row.lines, row.sets)
    assert found.cause.name == row.name
    assert bool(found.evidence) == bool(row.lines or row.sets)
    assert list(found.evidence) == sorted(found.evidence, key=lambda entry: entry.at)


def test_every_row_is_reached() -> None:
    assert {told(row.lines, row.sets).cause.test for row in ROWS} == {cause.test for cause in CAUSES}


@pytest.mark.parametrize("limit", Limit)
def test_a_limit_is_named_with_its_key(limit: Limit) -> None:
    for line in (refused(Refusal.OVERLOADED, limit.word), Dismissed(Refusal.OVERLOADED, HERE, limit.word)):
        found = told((SM1, line))
        assert f"limits.{limit.word} " in found.cause.sentence
        assert limit.word in str(found.evidence[-1].what)


def test_how_often_is_told() -> None:
    [line] = told((FLOODED,)).evidence
    assert str(line.what) == (
        "from 10.10.1.1: FLOODED, above a limit, and more of it than is answered (RFC 3261 §21.5.4): "
        "register_rate, 12 times"
    )


def test_nothing_is_named_without_a_line() -> None:
    """Only what was never heard of has no evidence."""
    for cause in CAUSES[:-1]:
        assert cause.test(Case((), (), registered=False, now=NOW)) == []


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_words_are_sentences(cause: Cause) -> None:
    for words in (cause.sentence, cause.advice):
        assert words[0].isupper()
        assert words[-1] in ".?"
    assert "§" in cause.clause


@pytest.mark.parametrize(
    ("lines", "sets", "name"),
    [
        ((SM1, core(500), SM1, refused(Refusal.NO_COMMON_ALGORITHM)), (), "no-common-algorithm"),
        ((SM1, refused(Refusal.CORE_SILENT), SM1, SM6, gone(bad_icv=1)), (), "sm7-never-came"),
        ((SM1, SM6, gone(bad_icv=1), SM1, core(500)), (), "core-refused"),
        ((SM1, SM6, DENIAL, core(403), SM1, SM6, gone()), (), "sm7-never-came"),
        ((OK, Left(By.USER, "by the user"), SM1, core(403)), (), "unknown-subscriber"),
        ((SM1, refused(Refusal.PORT_COLLISION), SM1, SM6, SM7, OK), (USED,), "registered"),
        ((SM1, core(500), OK, refused(Refusal.CORE_SILENT)), (USED,), "registered"),
        ((BEHIND_NAT, SM6, gone(bad_icv=1)), (), "nat-between"),
        ((SM1, SM6, MOVED, gone(bad_icv=1)), (), "sm7-never-came"),
        ((SM1, SM6, gone(bad_icv=1, mismatched=1, packets=1, clear=1)), (), "sm7-never-came"),
        ((OK, MOVED, core(403)), (USED,), "address-changed"),
        ((SM1, core(403), FLOODED), (), "limit"),
        ((SM1, core(403), FLOODED, SM1, core(403)), (), "unknown-subscriber"),
        ((SM1, SM6, SM7, OK, FLOODED), (USED,), "registered"),
    ],
)
def test_what_comes_first(lines: tuple[Happening, ...], sets: tuple[Standing, ...], name: str) -> None:
    """The last attempt counts; of one attempt, what says more."""
    assert told(lines, sets).cause.name == name


@pytest.mark.parametrize(("age_s", "name"), [(0.5, "core-refused"), (5, "core-silent")])
def test_what_has_just_begun_is_no_outcome_beside_one_that_is_known(age_s: float, name: str) -> None:
    assert told((SM1, core(500), SM1), age_s=age_s).cause.name == name


@pytest.mark.parametrize(("age_s", "name"), [(-0.5, "core-refused"), (5, "sm7-never-came")])
def test_the_same_of_a_challenge(age_s: float, name: str) -> None:
    waiting = Standing(1, TEMPORARY, HERE, Counts())
    assert told((SM1, core(500), SM1, SM6), (waiting,), age_s=age_s).cause.name == name


def test_an_open_challenge_is_older_than_what_was_refused_since() -> None:
    waiting = Standing(1, TEMPORARY, HERE, Counts())
    found = told((SM1, SM6, SM1, refused(Refusal.NO_COMMON_ALGORITHM)), (waiting,))
    assert found.cause.name == "no-common-algorithm"


def test_counters_are_among_the_evidence() -> None:
    found = told((SM1, SM6, gone(bad_icv=2, replayed=1, clear=4)))
    assert str(found.evidence[-1].what) == (
        "SA set 1 was removed, never confirmed: 0 packets came out of its SAs, "
        "2 packets failed the integrity check, 1 packet replayed, "
        "4 packets in the clear to protected ports dropped on this host meanwhile"
    )


def test_registrations_beside_each_other_are_not_mixed() -> None:
    """The one of which something was heard last is told."""
    lines = [Entry(NOW, SM1, "reg-id 1"), Entry(NOW, refused(Refusal.CORE_SILENT), "reg-id 1")]
    lines += [Entry(NOW, SM1, "reg-id 2"), Entry(NOW, core(500), "reg-id 2")]
    found = explain(Case(lines, (), registered=False, now=NOW))
    assert found.cause.name == "core-refused"
    assert {entry.flow for entry in found.evidence} == {"reg-id 2"}
