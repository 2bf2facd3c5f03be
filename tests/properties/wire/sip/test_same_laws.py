"""Laws of the equality of URIs: whatever the text, and however one identity is written (RFC 3261 §19.1.4)."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from twopair.base import WireError
from twopair.wire.sip import NameAddr, SipUri, addresses, same_uri, uri_key
from twopair.wire.sip.tel import TelUri

USERS = st.text("abcXYZ019-_.!~*'()", min_size=1, max_size=8)
HOSTS = st.sampled_from(["ims.example", "10.0.0.1", "[2001:db8::1]", "a-b.example"])
PARAMS = st.lists(
    st.sampled_from(["transport=tcp", "user=phone", "x=1", "x=2", "lr", "ttl=3"]), max_size=3, unique=True
)


@st.composite
def sip_uris(draw: st.DrawFn) -> str:
    return ";".join([f"sip:{draw(USERS)}@{draw(HOSTS)}", *draw(PARAMS)])


@st.composite
def written_otherwise(draw: st.DrawFn) -> tuple[str, str]:
    """A URI, and one that differs in nothing that counts."""
    user, host = draw(USERS), draw(HOSTS)
    at = draw(st.integers(0, len(user) - 1))
    escaped = user[:at] + f"%{ord(user[at]):02x}" + user[at + 1 :]
    params = draw(st.permutations(["transport=tcp", "ttl=3", "lr"]))
    return f"sip:{user}@{host};transport=tcp;ttl=3", ";".join([f"SIP:{escaped}@{host.upper()}", *params])


@given(sip_uris() | st.from_regex(r"tel:\+?[0-9A-F().-]{1,9}(;ext=1)?", fullmatch=True))
def test_a_key_is_that_of_the_parsed_uri(text: str) -> None:
    """However it is found: a URI that is its own key is not parsed."""
    scheme = SipUri if text.startswith("sip") else TelUri
    with suppress(WireError):
        assert uri_key(text) == scheme.parse(text).key


@given(st.text(max_size=60))
def test_any_text_has_a_key_or_none(text: str) -> None:
    """And a key is its own key."""
    with suppress(WireError):
        assert uri_key(uri_key(text)) == uri_key(text)
    assert same_uri(text, text)


@given(st.text(max_size=60) | sip_uris(), st.text(max_size=60) | sip_uris())
def test_equality_has_two_sides_and_equal_ones_share_a_key(one: str, other: str) -> None:
    assert same_uri(one, other) == same_uri(other, one)
    if one != other and same_uri(one, other):
        assert uri_key(one) == uri_key(other)


@given(written_otherwise())
def test_one_identity_in_two_hands(pair: tuple[str, str]) -> None:
    assert same_uri(*pair)


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_text_is_a_list_of_addresses(text: str) -> None:
    for address in addresses([text]):
        assert NameAddr.parse(str(address)).uri == address.uri


@given(st.lists(sip_uris(), min_size=1, max_size=5), st.sampled_from([", ", ",", "", " "]))
def test_a_list_comes_back_with_or_without_commas(uris: list[str], between: str) -> None:
    text = between.join(f"<{uri}>" for uri in uris)
    assert [address.uri for address in addresses([text])] == uris
