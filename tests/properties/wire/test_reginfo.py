"""``application/reginfo+xml``: any octets, any registrations (RFC 3680 §5)."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.wire.test_reginfo import FULL

from twopair.base import WireError
from twopair.wire.reginfo import ContactEvent, ContactInfo, RegInfo, RegistrationInfo, RegState

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"), min_size=1
)
NUMBER = st.none() | st.integers(0, 10**18)
CONTACT = st.builds(
    ContactInfo,
    id=TEXT,
    uri=st.from_regex("sip:[a-z<&>]{1,9}", fullmatch=True),
    active=st.booleans(),
    event=st.sampled_from(ContactEvent),
    expires_s=NUMBER,
    retry_after_s=NUMBER,
    cseq=NUMBER,
    pub_gruu=TEXT | st.just(""),
    unknown=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
)
REGISTRATION = st.builds(
    RegistrationInfo,
    aor=TEXT,
    id=TEXT,
    state=st.sampled_from(RegState),
    contacts=st.lists(CONTACT, max_size=3).map(tuple),
)
INFO = st.builds(
    RegInfo, st.integers(0, 10**18), st.booleans(), st.lists(REGISTRATION, max_size=3).map(tuple)
)


@given(INFO)
def test_written_and_read(info: RegInfo) -> None:
    """``parse(emit(x)) == x``."""
    assert RegInfo.parse(info.to_bytes()) == info


@given(st.binary(max_size=80), st.integers(0, len(FULL)), st.integers(0, 80))
def test_any_octets(noise: bytes, at: int, cut: int) -> None:
    """Rule of the house: WireError and nothing else."""
    for body in (noise, FULL[:at] + noise + FULL[at + cut :]):
        try:
            RegInfo.parse(body)
        except WireError:
            continue
