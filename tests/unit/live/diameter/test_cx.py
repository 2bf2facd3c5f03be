"""Cx as AVPs: octets, and every value there and back (29.229 §6)."""

import pytest

from twopair.base import Impi, Impu, Secret, WireError
from twopair.core.aka import AuthVector
from twopair.core.service import PublicIdentity, ServiceProfile, Subscription
from twopair.live.diameter import base, cx
from twopair.live.diameter.local import CX
from twopair.live.diameter.message import REQUEST, Message, avp, first, group, octets, parse
from twopair.nodes.cx import (
    Assignment,
    Lia,
    Lir,
    Maa,
    Mar,
    Ppr,
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
)
from twopair.nodes.homenet.profiles import profile_of

IMPI, IMPU, SCSCF = Impi("a@b"), Impu("sip:a@b"), "sip:s"
RAND, AUTN = bytes(range(16)), bytes(range(16, 32))
VECTOR = AuthVector(RAND, AUTN, Secret(b"response"), Secret(b"c" * 16), Secret(b"i" * 16))
PROFILE = profile_of(
    Subscription(
        IMPI,
        (
            ServiceProfile((PublicIdentity(IMPU), PublicIdentity(Impu("tel:+49301")))),
            ServiceProfile((PublicIdentity(Impu("sip:1@b"), barred=True),)),
        ),
    )
)


def request(question: Question) -> Message:
    sent = Message(cx.COMMANDS[type(question)], CX.id, REQUEST, cx.to_request(question))
    return parse(sent.to_bytes())


def answered(question: Question, reply: Reply) -> Reply:
    answer = request(question).answer(cx.to_answer(question, reply))
    return cx.from_answer(question, parse(answer.to_bytes()))


@pytest.mark.parametrize(
    "question",
    [
        Uar(IMPI, IMPU),
        Uar(IMPI, IMPU, "visited.example", ends=True),
        Mar(IMPI, IMPU, SCSCF),
        Mar(IMPI, IMPU, SCSCF, Resync(RAND, bytes(14))),
        *(Sar(IMPI, IMPU, SCSCF, assignment) for assignment in Assignment),
        Lir(IMPU),
    ],
)
def test_questions_there_and_back(question: Question) -> None:
    assert cx.from_request(request(question)) == question


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        (Uar(IMPI, IMPU), Uaa(Result.SUCCESS)),
        (Uar(IMPI, IMPU), Uaa(Result.SUCCESS, SCSCF)),
        (Mar(IMPI, IMPU, SCSCF), Maa(Result.SUCCESS, VECTOR)),
        (Mar(IMPI, IMPU, SCSCF, Resync(RAND, bytes(14))), Maa(Result.SUCCESS, VECTOR, resync_ok=True)),
        (Mar(IMPI, IMPU, SCSCF, Resync(RAND, bytes(14))), Maa(Result.UNABLE_TO_COMPLY, resync_ok=False)),
        (Sar(IMPI, IMPU, SCSCF, Assignment.REGISTRATION), Saa(Result.SUCCESS, PROFILE)),
        (Sar(IMPI, IMPU, SCSCF, Assignment.USER_DEREGISTRATION), Saa(Result.SUCCESS)),
        (Lir(IMPU), Lia(Result.SUCCESS, SCSCF)),
        *((Lir(IMPU), Lia(result)) for result in Result if result is not Result.SUCCESS),
    ],
)
def test_answers_there_and_back(question: Question, reply: Reply) -> None:
    assert answered(question, reply) == reply


def test_a_mar_in_octets() -> None:
    """29.229 §6.1.7, §6.3: each AVP with V and M, vendor 10415; RAND || AUTS in SIP-Authorization."""
    mar = Mar(IMPI, IMPU, SCSCF, Resync(RAND, bytes(14)))
    assert b"".join(one.as_bytes() for one in cx.to_request(mar)).hex() == "".join(
        [
            "00000104400000200000010a4000000c000028af000001024000000c01000000",  # application
            "000001154000000c00000001",  # Auth-Session-State: no state maintained
            "000000014000000b61406200",  # User-Name a@b
            "00000259c0000013000028af7369703a61406200",  # Public-Identity 601 sip:a@b
            "0000025fc0000010000028af00000001",  # SIP-Number-Auth-Items 607
            "00000264c0000054000028af",  # SIP-Auth-Data-Item 612
            "00000260c000001c000028af4469676573742d414b4176312d4d4435",  # scheme 608 Digest-AKAv1-MD5
            "00000262c000002a000028af" + RAND.hex() + "00" * 14 + "0000",  # SIP-Authorization 610
            "0000025ac0000011000028af7369703a73000000",  # Server-Name 602 sip:s
        ]
    )


def test_a_vector_in_octets() -> None:
    """29.229 §6.3.10 to §6.3.28: SIP-Authenticate is RAND || AUTN, SIP-Authorization XRES."""
    avps = cx.to_answer(Mar(IMPI, IMPU, SCSCF), Maa(Result.SUCCESS, VECTOR))
    item = group(first(avps, cx.SIP_AUTH_DATA_ITEM))
    assert octets(first(item, cx.SIP_AUTHENTICATE)) == RAND + AUTN
    assert octets(first(item, cx.SIP_AUTHORIZATION)) == b"response"
    assert octets(first(item, cx.CONFIDENTIALITY_KEY)) == b"c" * 16
    assert octets(first(item, cx.INTEGRITY_KEY)) == b"i" * 16


def test_the_first_registration_is_an_experimental_result() -> None:
    """29.229 §6.2.1: 2001 and 2002 of 3GPP; no name and no capabilities: any S-CSCF will do."""
    first_one = request(Uar(IMPI, IMPU)).answer(cx.to_answer(Uar(IMPI, IMPU), Uaa(Result.SUCCESS)))
    assert base.result_of(first_one) == (2001, True)
    assert first(first_one.avps, cx.SERVER_NAME) is None
    again = request(Uar(IMPI, IMPU)).answer(cx.to_answer(Uar(IMPI, IMPU), Uaa(Result.SUCCESS, SCSCF)))
    assert base.result_of(again) == (2002, True)


@pytest.mark.parametrize("result", [5011, 5999, 3004, 4001, 1001])
def test_results_nobody_foresaw_are_unable_to_comply(result: int) -> None:
    answer = request(Lir(IMPU)).answer([avp(base.RESULT_CODE, result)])
    assert cx.from_answer(Lir(IMPU), answer) == Lia(Result.UNABLE_TO_COMPLY)


@pytest.mark.parametrize(
    ("question", "avps"),
    [
        (Mar(IMPI, IMPU, SCSCF), []),
        (Mar(IMPI, IMPU, SCSCF), [avp(cx.SIP_AUTH_DATA_ITEM, [avp(cx.SIP_AUTHENTICATE, RAND)])]),
        (
            Mar(IMPI, IMPU, SCSCF),
            [
                avp(
                    cx.SIP_AUTH_DATA_ITEM,
                    [avp(cx.SIP_AUTHENTICATE, RAND + AUTN), avp(cx.INTEGRITY_KEY, b"i")],
                )
            ],
        ),
        (Sar(IMPI, IMPU, SCSCF, Assignment.REGISTRATION), []),
        (Sar(IMPI, IMPU, SCSCF, Assignment.REGISTRATION), [avp(cx.USER_DATA, b"<x/>")]),
        (Lir(IMPU), []),
    ],
)
def test_answers_that_lack_what_they_promise(question: Question, avps: list[object]) -> None:
    answer = request(question).answer([avp(base.RESULT_CODE, base.SUCCESS), *avps])
    with pytest.raises(WireError):
        cx.from_answer(question, answer)


def test_what_the_hss_begins_there_and_back() -> None:
    """29.229 §6.1.9, §6.1.11."""
    rtr = Rtr(IMPI, (IMPU,), Reason.SERVER_CHANGE, "moved")
    assert cx.from_rtr(parse(Message(304, CX.id, REQUEST, cx.to_rtr(rtr)).to_bytes())) == rtr
    ppr = Ppr(IMPI, PROFILE)
    assert cx.from_ppr(parse(Message(305, CX.id, REQUEST, cx.to_ppr(ppr)).to_bytes())) == ppr
    for read, avps in (
        (cx.from_rtr, [avp(base.USER_NAME, IMPI)]),
        (cx.from_ppr, [avp(base.USER_NAME, IMPI)]),
    ):
        with pytest.raises(WireError):
            read(Message(304, CX.id, REQUEST, avps))


def test_the_scheme_asked_for() -> None:
    """29.228 §6.3.1: AKA, or what the HSS likes."""
    assert cx.is_aka(cx.scheme_of(request(Mar(IMPI, IMPU, SCSCF))))
    assert cx.is_aka("Unknown")
    assert not cx.is_aka("SIP Digest")


def test_who_is_not_registered() -> None:
    """29.228 §6.1.2, §6.1.4: UNREGISTERED_SERVICE is 2003 of 3GPP; SAR then has no User-Name."""
    answer = request(Lir(IMPU)).answer(cx.to_answer(Lir(IMPU), Lia(Result.UNREGISTERED_SERVICE)))
    assert base.result_of(answer) == (2003, True)
    sar = Sar(Impi(""), IMPU, SCSCF, Assignment.UNREGISTERED_USER)
    assert first(request(sar).avps, base.USER_NAME) is None
    assert cx.from_request(request(sar)) == sar
