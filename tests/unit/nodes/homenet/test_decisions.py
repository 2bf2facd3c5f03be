"""The table of REGISTER decisions: complete, and safe (INT-05, INT-07, UNP-03)."""

from itertools import product

import pytest

from twopair.nodes.homenet.decisions import TABLE, Content, Relation, Row, Step


def test_every_case_has_a_row() -> None:
    assert set(TABLE) == set(product((True, False), Relation, Content))


@pytest.mark.parametrize(("case", "row"), TABLE.items(), ids=lambda v: str(v) if isinstance(v, tuple) else "")
def test_every_row_names_its_clause(case: tuple[bool, Relation, Content], row: Row) -> None:
    assert any(spec in row.clause for spec in ("24.229 §", "33.203 §", "33.102 §"))


def test_success_needs_protection_and_an_answer() -> None:
    """UNP-03, INT-05: only one case may compare RES, and none without protection may be believed."""
    assert [case for case, row in TABLE.items() if row.step is Step.VERIFY] == [
        (True, Relation.ANSWER, Content.RESPONSE)
    ]
    believed = {case for case, row in TABLE.items() if row.step is Step.REFRESH}
    assert all(protected and relation is Relation.OTHER for protected, relation, _ in believed)


def test_a_resynchronisation_needs_the_challenge_it_answers() -> None:
    """AKA-17."""
    cases = [case for case, row in TABLE.items() if row.step is Step.RESYNC]
    assert all(relation is Relation.ANSWER and content is Content.AUTS for _, relation, content in cases)
    assert len(cases) == 2
