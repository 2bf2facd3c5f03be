"""SIP messages: bytes to values and back (RFC 3261 §7, §20, §25)."""

from twopair.wire.sip.auth import AuthFields, Challenge, Credentials
from twopair.wire.sip.cseq import CSeq
from twopair.wire.sip.edit import Edit
from twopair.wire.sip.framer import StreamFramer
from twopair.wire.sip.lists import first_element, split_list, without_quoted
from twopair.wire.sip.make import make_request, make_response
from twopair.wire.sip.message import Message, Request, Response
from twopair.wire.sip.nameaddr import NameAddr, addresses, uri_in, uris_in
from twopair.wire.sip.names import METHODS
from twopair.wire.sip.option_tags import tags_beyond
from twopair.wire.sip.params import Params, parse_params, print_params, quote, unquote
from twopair.wire.sip.parse import UnfitRequest, parse
from twopair.wire.sip.reasons import REASON
from twopair.wire.sip.same import same_uri, uri_key
from twopair.wire.sip.tel import TelUri
from twopair.wire.sip.uri import SipUri, canonical_host
from twopair.wire.sip.validity import Fault, check_request
from twopair.wire.sip.via import MAGIC, Via

__all__ = [
    "MAGIC",
    "METHODS",
    "REASON",
    "AuthFields",
    "CSeq",
    "Challenge",
    "Credentials",
    "Edit",
    "Fault",
    "Message",
    "NameAddr",
    "Params",
    "Request",
    "Response",
    "SipUri",
    "StreamFramer",
    "TelUri",
    "UnfitRequest",
    "Via",
    "addresses",
    "canonical_host",
    "check_request",
    "first_element",
    "make_request",
    "make_response",
    "parse",
    "parse_params",
    "print_params",
    "quote",
    "same_uri",
    "split_list",
    "tags_beyond",
    "unquote",
    "uri_in",
    "uri_key",
    "uris_in",
    "without_quoted",
]  # fmt: skip
