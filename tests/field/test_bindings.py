"""Cases K4a and K5a: what a 200 to SM8 says of the binding, and what it does not say (PCS-27)."""

import pytest
from tests.field.bed import FieldBed

from twopair.core.sa import Stage
from twopair.nodes.facts import Deregistered, Registered


@pytest.mark.parametrize(("name", "expires_s"), [("K4a", 600_000), ("K5a", 3_600)])
def test_a_registration_that_is_kept(name: str, expires_s: int) -> None:
    """K4a, PCS-27: Contact without <>, with header parameters. K5a: a 200 without Contact."""
    bed = FieldBed(registered=False)
    bed.sm6(bed.ue, bed.sm1(bed.ue))
    bed.phone(name)
    sm8 = bed.to_core()
    bed.network(f"{name}-200", answers=sm8)
    assert bed.to_ue()[1].status == 200  # type: ignore[union-attr]
    assert [fact.expires_s for fact in bed.facts(Registered)] == [expires_s]
    assert bed.stages(bed.ue) == [Stage.IN_USE]
    bed.wait(40)
    bed.phone(f"{name}-after")
    assert bed.to_core().method == "MESSAGE"
    bed.wait(200)
    assert bed.stages(bed.ue) == [Stage.IN_USE]
    assert not bed.facts(Deregistered)
