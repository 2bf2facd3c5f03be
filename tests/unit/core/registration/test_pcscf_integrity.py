"""The integrity-protected parameter as a table (INT-01..INT-03)."""

from itertools import product

import pytest

from twopair.core.registration.pcscf_integrity import (
    NO,
    TABLE,
    YES,
    Answer,
    Bearer,
    classify,
    integrity_protected,
)


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(product(Bearer, Answer))
    assert all(clause for _, clause in TABLE.values())


def test_yes_in_exactly_three_cases() -> None:
    """INT-02: an answer over its own temporary set, or no answer to a challenge over the latest set."""
    assert {key for key in TABLE if integrity_protected(*key) == YES} == {
        (Bearer.TEMPORARY, Answer.RESPONSE),
        (Bearer.LATEST, Answer.RESPONSE),
        (Bearer.LATEST, Answer.EMPTY),
    }


@pytest.mark.parametrize("answer", Answer)
def test_unprotected_is_never_integrity_protected(answer: Answer) -> None:
    """UNP-03."""
    assert integrity_protected(Bearer.CLEAR, answer) == NO


@pytest.mark.parametrize(
    ("bearer", "response", "auts", "nonce", "pending", "expected"),
    [
        (Bearer.CLEAR, "", None, "", None, Answer.EMPTY),
        (Bearer.CLEAR, "x", None, "old", None, Answer.RESPONSE),
        (Bearer.CLEAR, "x", None, "n", "n", Answer.ELSEWHERE),  # an answer that should have come over the set
        (Bearer.CLEAR, "", "AUTS", "n", "n", Answer.AUTS),
        (Bearer.TEMPORARY, "x", None, "n", "n", Answer.RESPONSE),
        (Bearer.TEMPORARY, "x", None, "old", "n", Answer.ELSEWHERE),  # of another challenge
        (Bearer.TEMPORARY, "", None, "n", "n", Answer.EMPTY),
        (Bearer.TEMPORARY, "x", "AUTS", "n", "n", Answer.AUTS),
        (Bearer.LATEST, "x", None, "old", None, Answer.RESPONSE),  # AKA-08: the last response again
        (Bearer.LATEST, "x", None, "old", "n", Answer.RESPONSE),
        (Bearer.LATEST, "x", None, "n", "n", Answer.ELSEWHERE),
        (Bearer.EARLIER, "", None, "n", "n", Answer.ELSEWHERE),
    ],
)
def test_what_a_register_answers(
    bearer: Bearer, response: str, auts: str | None, nonce: str, pending: str | None, expected: Answer
) -> None:
    """INT-03, AKA-08: told by the challenge that is open, not by a response alone."""
    assert classify(bearer, response=response, auts=auts, nonce=nonce, pending=pending) is expected
