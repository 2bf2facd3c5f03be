"""Cx as Diameter carries it: values ⇄ AVPs, in both directions (TS 29.229 §6; TS 29.228 Annex A).

`nodes.cx` has the values. What a message says beyond them is ignored, as by any application of Diameter.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from diameter.message import constants as known

from twopair.base import Impi, Impu, Secret, WireError
from twopair.core.aka import AuthVector
from twopair.core.aka.vector import AUTN_OCTETS, AUTS_OCTETS, RAND_OCTETS
from twopair.live.diameter import base
from twopair.live.diameter.cx_profile import read, written
from twopair.live.diameter.local import CX, TGPP
from twopair.live.diameter.message import (
    Message,
    Name,
    avp,
    every,
    first,
    group,
    number_of,
    octets,
    text,
    text_of,
)
from twopair.nodes.cx import (
    Assignment,
    Lia,
    Lir,
    Maa,
    Mar,
    Ppr,
    Profile,
    Question,
    Reason,
    Reply,
    Result,
    Resync,
    Rtr,
    Saa,
    Sar,
    Uaa,
    Uar,
    failed,
)

VISITED_NETWORK_IDENTIFIER: Final[Name] = (known.AVP_TGPP_VISITED_NETWORK_IDENTIFIER, TGPP)
PUBLIC_IDENTITY: Final[Name] = (known.AVP_TGPP_PUBLIC_IDENTITY, TGPP)
SERVER_NAME: Final[Name] = (known.AVP_TGPP_SERVER_NAME, TGPP)
USER_DATA: Final[Name] = (known.AVP_TGPP_CX_USER_DATA, TGPP)
SIP_NUMBER_AUTH_ITEMS: Final[Name] = (known.AVP_TGPP_3GPP_SIP_NUMBER_AUTH_ITEMS, TGPP)
SIP_AUTHENTICATION_SCHEME: Final[Name] = (known.AVP_TGPP_3GPP_SIP_AUTHENTICATION_SCHEME, TGPP)
SIP_AUTHENTICATE: Final[Name] = (known.AVP_TGPP_3GPP_SIP_AUTHENTICATE, TGPP)
SIP_AUTHORIZATION: Final[Name] = (known.AVP_TGPP_3GPP_SIP_AUTHORIZATION, TGPP)
SIP_AUTH_DATA_ITEM: Final[Name] = (known.AVP_TGPP_3GPP_SIP_AUTH_DATA_ITEM, TGPP)
SIP_ITEM_NUMBER: Final[Name] = (known.AVP_TGPP_3GPP_SIP_ITEM_NUMBER, TGPP)
SERVER_ASSIGNMENT_TYPE: Final[Name] = (known.AVP_TGPP_SERVER_ASSIGNMENT_TYPE, TGPP)
DEREGISTRATION_REASON: Final[Name] = (known.AVP_TGPP_DEREGISTRATION_REASON, TGPP)
REASON_CODE: Final[Name] = (known.AVP_TGPP_REASON_CODE, TGPP)
REASON_INFO: Final[Name] = (known.AVP_TGPP_REASON_INFO, TGPP)
USER_AUTHORIZATION_TYPE: Final[Name] = (known.AVP_TGPP_USER_AUTHORIZATION_TYPE, TGPP)
USER_DATA_ALREADY_AVAILABLE: Final[Name] = (known.AVP_TGPP_USER_DATA_ALREADY_AVAILABLE, TGPP)
CONFIDENTIALITY_KEY: Final[Name] = (known.AVP_TGPP_CONFIDENTIALITY_KEY, TGPP)
INTEGRITY_KEY: Final[Name] = (known.AVP_TGPP_INTEGRITY_KEY, TGPP)

COMMANDS: Final[Mapping[type, int]] = {Uar: 300, Sar: 301, Lir: 302, Mar: 303, Rtr: 304, Ppr: 305}
"""29.229 §6.1."""

AKA: Final = "Digest-AKAv1-MD5"
"""SIP-Authentication-Scheme of IMS AKA (29.229 §6.3.9)."""

_ANY_SCHEME: Final = frozenset({AKA.lower(), "unknown"})
"""Asked for with Unknown, the HSS chooses (29.228 §6.3.1)."""

FIRST_REGISTRATION, SUBSEQUENT_REGISTRATION, UNREGISTERED_SERVICE = 2001, 2002, 2003
"""Experimental results that are successes of their own kind (29.229 §6.2.1)."""

_DEREGISTRATION: Final = 1
_KEY_OCTETS: Final = 16
_SERVES: Final = frozenset({Assignment.REGISTRATION, Assignment.RE_REGISTRATION})
_OF_3GPP: Final = (UNREGISTERED_SERVICE, *range(5001, 5012))
_EXPERIMENTAL: Final = {result.value: result for result in Result if result.value in _OF_3GPP}
_PLAIN: Final = {result.value: result for result in Result if result not in _EXPERIMENTAL.values()}


# what comes before everything else


def head() -> list[Any]:
    """The AVPs that every message of Cx has (29.229 §6.1)."""
    return [base.named(CX), avp(base.AUTH_SESSION_STATE, base.NO_STATE_MAINTAINED)]


def result_avps(result: Result) -> list[Any]:
    """A result, plain or experimental (29.229 §6.2)."""
    if result.value in _PLAIN:
        return [avp(base.RESULT_CODE, result.value)]
    return _experimental(result.value)


def _experimental(code: int) -> list[Any]:
    inner = [avp(base.VENDOR_ID, TGPP), avp(base.EXPERIMENTAL_RESULT_CODE, code)]
    return [avp(base.EXPERIMENTAL_RESULT, inner)]


# questions


def to_request(question: Question) -> list[Any]:
    """The AVPs of a question, those of every request apart."""
    return [*head(), *_QUESTION[type(question)](question)]


def _of_uar(uar: Uar) -> list[Any]:
    return [
        *_identities(uar),
        avp(VISITED_NETWORK_IDENTIFIER, uar.visited.encode()),
        *([avp(USER_AUTHORIZATION_TYPE, _DEREGISTRATION)] if uar.ends else []),
    ]


def _of_mar(mar: Mar) -> list[Any]:
    item = [avp(SIP_AUTHENTICATION_SCHEME, AKA)]
    if mar.resync is not None:
        item.append(avp(SIP_AUTHORIZATION, mar.resync.rand + mar.resync.auts))
    return [
        *_identities(mar),
        avp(SIP_NUMBER_AUTH_ITEMS, 1),
        avp(SIP_AUTH_DATA_ITEM, item),
        avp(SERVER_NAME, mar.server_name),
    ]


def _of_sar(sar: Sar) -> list[Any]:
    return [
        *_identities(sar),
        avp(SERVER_NAME, sar.server_name),
        avp(SERVER_ASSIGNMENT_TYPE, sar.assignment.value),
        avp(USER_DATA_ALREADY_AVAILABLE, 0),
    ]


def _of_lir(lir: Lir) -> list[Any]:
    return [avp(PUBLIC_IDENTITY, lir.impu)]


def _identities(asked: Uar | Mar | Sar) -> list[Any]:
    named = [avp(base.USER_NAME, asked.impi)] if asked.impi else []  # not with UNREGISTERED_USER
    return [*named, avp(PUBLIC_IDENTITY, asked.impu)]


_QUESTION: Final[Mapping[type, Callable[[Any], list[Any]]]] = {
    Uar: _of_uar,
    Mar: _of_mar,
    Sar: _of_sar,
    Lir: _of_lir,
}


def from_request(message: Message) -> Question | None:
    """The question in a request, None for a command that is none.

    Raises:
        WireError: something is missing in it, or not of its type.
    """
    asked = _READ.get(message.command)
    return None if asked is None else asked(message.avps)


def _uar(avps: Sequence[Any]) -> Uar:
    visited = octets_of(avps, VISITED_NETWORK_IDENTIFIER).decode("utf-8", "replace")
    ends = number_of(avps, USER_AUTHORIZATION_TYPE, 0) == _DEREGISTRATION
    return Uar(_impi(avps), _impu(avps), visited, ends)


def _mar(avps: Sequence[Any]) -> Mar:
    found = first(avps, SIP_AUTH_DATA_ITEM)
    item = () if found is None else group(found)
    told = octets_of(item, SIP_AUTHORIZATION)
    resync = None
    if told:
        if len(told) != RAND_OCTETS + AUTS_OCTETS:
            raise WireError("SIP-Authorization is not RAND and AUTS", 0, "29.229 §6.3.11")
        resync = Resync(told[:RAND_OCTETS], told[RAND_OCTETS:])
    return Mar(_impi(avps), _impu(avps), text_of(avps, SERVER_NAME), resync)


def scheme_of(message: Message) -> str:
    """The authentication scheme that a MAR asks for, empty where it names none. Raises WireError."""
    found = first(message.avps, SIP_AUTH_DATA_ITEM)
    return "" if found is None else text_of(group(found), SIP_AUTHENTICATION_SCHEME, "")


def is_aka(scheme: str) -> bool:
    """Whether that is answered with a vector."""
    return not scheme or scheme.lower() in _ANY_SCHEME


def _sar(avps: Sequence[Any]) -> Sar:
    kind = number_of(avps, SERVER_ASSIGNMENT_TYPE)
    try:
        assignment = Assignment(kind)
    except ValueError:
        raise WireError(f"Server-Assignment-Type {kind}", 0, "29.229 §6.3.15") from None
    impi = Impi(text_of(avps, base.USER_NAME, ""))
    impu = Impu(text_of(avps, PUBLIC_IDENTITY, ""))
    if not impi and not impu:
        raise WireError("SAR without an identity", 0, "29.229 §6.1.3")
    return Sar(impi, impu, text_of(avps, SERVER_NAME), assignment)


def _lir(avps: Sequence[Any]) -> Lir:
    return Lir(_impu(avps))


_READ: Final[Mapping[int, Callable[[Sequence[Any]], Question]]] = {
    COMMANDS[Uar]: _uar,
    COMMANDS[Mar]: _mar,
    COMMANDS[Sar]: _sar,
    COMMANDS[Lir]: _lir,
}


# answers


def to_answer(question: Question, reply: Reply) -> list[Any]:
    """The AVPs of the answer to a question, with its result."""
    if reply.result is not Result.SUCCESS:
        return [*head(), *result_avps(reply.result)]
    return [*head(), *_ANSWER[type(reply)](question, reply)]


def _of_uaa(_uar: Uar, uaa: Uaa) -> list[Any]:
    if uaa.server_name:
        return [*_experimental(SUBSEQUENT_REGISTRATION), avp(SERVER_NAME, uaa.server_name)]
    return _experimental(FIRST_REGISTRATION)  # without capabilities, any S-CSCF will do (29.228 §6.1.1.1)


def _of_maa(mar: Mar, maa: Maa) -> list[Any]:
    vector = maa.vector
    assert vector is not None, "a MAA of success has a vector"
    item = [
        avp(SIP_ITEM_NUMBER, 1),
        avp(SIP_AUTHENTICATION_SCHEME, AKA),
        avp(SIP_AUTHENTICATE, vector.rand + vector.autn),
        avp(SIP_AUTHORIZATION, vector.xres.reveal()),
        avp(CONFIDENTIALITY_KEY, vector.ck.reveal()),
        avp(INTEGRITY_KEY, vector.ik.reveal()),
    ]
    return [
        *result_avps(Result.SUCCESS),
        *_identities(mar),
        avp(SIP_NUMBER_AUTH_ITEMS, 1),
        avp(SIP_AUTH_DATA_ITEM, item),
    ]


def _of_saa(sar: Sar, saa: Saa) -> list[Any]:
    data = [avp(USER_DATA, written(sar.impi, saa.profile))] if saa.profile.impus else []
    return [*result_avps(Result.SUCCESS), avp(base.USER_NAME, sar.impi), *data]


def _of_lia(_lir: Lir, lia: Lia) -> list[Any]:
    return [*result_avps(Result.SUCCESS), avp(SERVER_NAME, lia.server_name)]


_ANSWER: Final[Mapping[type, Callable[[Any, Any], list[Any]]]] = {
    Uaa: _of_uaa,
    Maa: _of_maa,
    Saa: _of_saa,
    Lia: _of_lia,
}


def from_answer(question: Question, message: Message) -> Reply:
    """The reply in an answer.

    Raises:
        WireError: something is missing in it, or not of its type.
    """
    code, experimental = base.result_of(message)
    good = code in (FIRST_REGISTRATION, SUBSEQUENT_REGISTRATION) if experimental else code == base.SUCCESS
    if good:
        return _REPLY[type(question)](question, message.avps)
    table = _EXPERIMENTAL if experimental else _PLAIN
    result = table.get(code, Result.UNABLE_TO_COMPLY)
    if isinstance(question, Mar) and question.resync is not None and result is Result.UNABLE_TO_COMPLY:
        return Maa(result, resync_ok=False)
    return failed(question, result)


def _uaa(_asked: Uar, avps: Sequence[Any]) -> Uaa:
    return Uaa(Result.SUCCESS, text_of(avps, SERVER_NAME, ""))


def _maa(asked: Mar, avps: Sequence[Any]) -> Maa:
    found = first(avps, SIP_AUTH_DATA_ITEM)
    item = () if found is None else group(found)
    told = octets_of(item, SIP_AUTHENTICATE)
    ck, ik = octets_of(item, CONFIDENTIALITY_KEY), octets_of(item, INTEGRITY_KEY)
    xres = octets_of(item, SIP_AUTHORIZATION)
    if len(told) != RAND_OCTETS + AUTN_OCTETS:
        raise WireError("SIP-Authenticate is not RAND and AUTN", 0, "29.229 §6.3.10")
    if len(ck) != _KEY_OCTETS or len(ik) != _KEY_OCTETS or not 4 <= len(xres) <= 32:
        raise WireError("keys or XRES of another length", 0, "29.229 §6.3.27")
    vector = AuthVector(told[:RAND_OCTETS], told[RAND_OCTETS:], Secret(xres), Secret(ck), Secret(ik))
    return Maa(Result.SUCCESS, vector, None if asked.resync is None else True)


def _saa(asked: Sar, avps: Sequence[Any]) -> Saa:
    found = first(avps, USER_DATA)
    profile = Profile(()) if found is None else read(octets(found))
    if asked.assignment in _SERVES and len(profile.barred) >= len(profile.impus):
        raise WireError("User-Data without an identity that may be used", 0, "29.228 §6.1.2")
    return Saa(Result.SUCCESS, profile)


def _lia(_asked: Lir, avps: Sequence[Any]) -> Lia:
    return Lia(Result.SUCCESS, text_of(avps, SERVER_NAME))


_REPLY: Final[Mapping[type, Callable[[Any, Sequence[Any]], Reply]]] = {
    Uar: _uaa,
    Mar: _maa,
    Sar: _saa,
    Lir: _lia,
}


# what the HSS begins


def to_rtr(rtr: Rtr) -> list[Any]:
    """The AVPs of a Registration-Termination-Request (29.229 §6.1.9)."""
    reason = [avp(REASON_CODE, rtr.reason.value), *([avp(REASON_INFO, rtr.info)] if rtr.info else [])]
    return [
        *head(),
        avp(base.USER_NAME, rtr.impi),
        *(avp(PUBLIC_IDENTITY, impu) for impu in rtr.impus),
        avp(DEREGISTRATION_REASON, reason),
    ]


def from_rtr(message: Message) -> Rtr:
    """Read it. Raises WireError."""
    found = first(message.avps, DEREGISTRATION_REASON)
    inner = () if found is None else group(found)
    code = number_of(inner, REASON_CODE)
    try:
        reason = Reason(code)
    except ValueError:
        raise WireError(f"Reason-Code {code}", 0, "29.229 §6.3.17") from None
    impus = tuple(Impu(text(one)) for one in every(message.avps, PUBLIC_IDENTITY))
    return Rtr(_impi(message.avps), impus, reason, text_of(inner, REASON_INFO, ""))


def to_ppr(ppr: Ppr) -> list[Any]:
    """The AVPs of a Push-Profile-Request (29.229 §6.1.11)."""
    return [*head(), avp(base.USER_NAME, ppr.impi), avp(USER_DATA, written(ppr.impi, ppr.profile))]


def from_ppr(message: Message) -> Ppr:
    """Read it. Raises WireError."""
    found = first(message.avps, USER_DATA)
    if found is None:
        raise WireError("PPR without User-Data", 0, "29.229 §6.1.11")
    return Ppr(_impi(message.avps), read(octets(found)))


def _impi(avps: Sequence[Any]) -> Impi:
    return Impi(text_of(avps, base.USER_NAME))


def _impu(avps: Sequence[Any]) -> Impu:
    return Impu(text_of(avps, PUBLIC_IDENTITY))


def octets_of(avps: Sequence[Any], name: Name) -> bytes:
    """The first octets of that name, empty where there are none."""
    found = first(avps, name)
    return b"" if found is None else octets(found)
