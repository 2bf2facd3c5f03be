"""Strategies that speak the grammar of RFC 3261 §25.1: tokens, hosts, parameters, URIs, addresses, Vias."""

from hypothesis import strategies as st

from twopair.wire.sip import NameAddr, SipUri, Via, quote
from twopair.wire.sip.params import print_params

TOKEN = st.text("abcxyzABC0189-.!%*_+`'~", min_size=1, max_size=10)
HOST = st.sampled_from(["a.example", "ims.mnc001.mcc001.3gppnetwork.org", "10.0.0.1", "2001:db8::1"])
PORT = st.none() | st.integers(1, 65535)
QUOTED = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12).map(quote)
NAME = st.text("abcxyz019-.", min_size=1, max_size=8)

HEADER_PARAMS = st.dictionaries(NAME, st.none() | TOKEN | QUOTED, max_size=5)
URI_PARAMS = st.dictionaries(NAME, st.none() | TOKEN, max_size=3)
USER = st.none() | st.text("abcXYZ019-_.!~*'()&=+$,;?/:%", min_size=1, max_size=12)

URI = st.builds(
    SipUri, st.sampled_from(["sip", "sips"]), USER, HOST, PORT, URI_PARAMS, st.sampled_from(["", "a=b&c=d"])
)
ADDRESS = st.builds(NameAddr, st.just("") | TOKEN | QUOTED, URI.map(str), HEADER_PARAMS)
VIA = st.builds(
    Via,
    st.sampled_from(["UDP", "TCP", "SCTP"]),
    HOST,
    PORT,
    HEADER_PARAMS.map(lambda params: print_params(params)[1:]),
)
