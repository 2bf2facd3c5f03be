"""``application/3gpp-ims+xml``: any octets (24.229 §7.6)."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wire.test_ims_xml import WHOLE

from twopair.base import WireError
from twopair.wire.ims_xml import AlternativeService


@given(st.binary(max_size=80), st.integers(0, len(WHOLE)), st.integers(0, 80))
def test_any_octets(noise: bytes, at: int, cut: int) -> None:
    """Rule of the house: WireError and nothing else."""
    for body in (noise, WHOLE[:at] + noise + WHOLE[at + cut :]):
        try:
            AlternativeService.parse(body)
        except WireError:
            continue
