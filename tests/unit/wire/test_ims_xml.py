"""``application/3gpp-ims+xml`` (24.229 §7.6; UEP-15)."""

import pytest

from twopair.base import WireError
from twopair.wire.ims_xml import AlternativeService

WHOLE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<ims-3gpp version="1">\n <alternative-service>\n'
    b"  <type> restoration </type><reason>S-CSCF\n   restarted &lt;now&gt;</reason>\n"
    b"  <action>initial-registration</action>\n </alternative-service>\n</ims-3gpp>\n"
)
SAID = AlternativeService("restoration", "initial-registration", "S-CSCF restarted <now>")


@pytest.mark.parametrize(
    "body",
    [
        WHOLE,
        WHOLE.replace(b'version="1">', b'version="1" xmlns="urn:3gpp:ns:imsService">'),
        WHOLE.replace(b"<type>", b"<other><type>emergency</type></other><type>"),
        WHOLE.replace(b"<ims-3gpp", b"<!-- <type>emergency</type> --><ims-3gpp"),
        WHOLE.replace(b"UTF-8", b"EBCDIC-of-old"),
    ],
)
def test_read(body: bytes) -> None:
    assert AlternativeService.parse(body) == SAID


@pytest.mark.parametrize(
    "body",
    [
        b'<ims-3gpp version="1"/>',
        b"<ims-3gpp><service-info/></ims-3gpp>",
        b"<x><ims-3gpp><alternative-service/></ims-3gpp></x>",
        b"<alternative-service><type>restoration</type></alternative-service>",
    ],
)
def test_something_else(body: bytes) -> None:
    assert AlternativeService.parse(body) is None


def test_what_is_left_out_is_empty() -> None:
    body = b"<ims-3gpp><alternative-service><type>emergency</type></alternative-service></ims-3gpp>"
    assert AlternativeService.parse(body) == AlternativeService("emergency")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        WHOLE[:-5],
        WHOLE + WHOLE,
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + WHOLE.partition(b"\n")[2],
        b"<ims-3gpp><alternative-service><type>&a;</type></alternative-service></ims-3gpp>",
    ],
)
def test_not_to_be_read(body: bytes) -> None:
    with pytest.raises(WireError):
        AlternativeService.parse(body)
