"""Judging a 401: the challenge, the agreement, then the card (24.229 §5.1.1.5.1, §5.1.1.5.3)."""

from dataclasses import dataclass
from typing import NamedTuple

from twopair.base import Refusal, Secret, WireError, token
from twopair.core.aka import (
    MacFailure,
    SyncFailure,
    aka_password,
    decode_nonce,
    digest_response,
    encode_auts,
    strongest,
)
from twopair.core.registration.ue import Round, Step
from twopair.core.secagree import Choice, ServerList, choose_at_ue, server_terms_fault
from twopair.nodes.ue.gm import Gm
from twopair.nodes.ue.reasons import lists_differ
from twopair.wire.sip import Challenge, Credentials, Response, split_list


@dataclass(frozen=True, slots=True)
class Valid:
    """A challenge to be answered with SM7.

    Args:
        authorization: value of Authorization for SM7.
        ck: cipher key.
        ik: integrity key.
        choice: what the SA set is made of.
        server: Security-Server, to be mirrored.
    """

    authorization: str
    ck: Secret
    ik: Secret
    choice: Choice
    server: ServerList


@dataclass(frozen=True, slots=True)
class Invalid:
    """A challenge that is no use; `authorization` tells the network why (empty: it is not answered)."""

    step: Step
    refusal: Refusal
    detail: str = ""
    authorization: str = ""

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return f"{self.refusal.words}: {self.detail}" if self.detail else self.refusal.words


Verdict = Valid | Invalid


class _Question(NamedTuple):
    """What is asked, as far as an answer repeats it."""

    realm: str
    nonce: str
    algorithm: str
    qop: str
    opaque: str | None


def judge(response: Response, attempt: Round, gm: Gm) -> Verdict:
    """What a 401 is worth.

    The card is asked last: a challenge that could not be answered anyway costs no sequence number (AKA-03).

    Args:
        response: the 401.
        attempt: the attempt it answers.
        gm: the UE.
    """
    try:
        question = _question(response, gm.config.digests)
        rand, autn = decode_nonce(question.nonce)
    except WireError as error:
        return Invalid(Step.UNACCEPTABLE, Refusal.CHALLENGE_UNUSABLE, error.what)
    agreed = _agreement(response, attempt, gm)
    if isinstance(agreed, Invalid):
        return agreed
    choice, server = agreed
    outcome = gm.card.authenticate(rand, autn)
    if isinstance(outcome, MacFailure):
        return Invalid(Step.FALSE_NETWORK, Refusal.MAC_FAILURE, "", _authorization(gm, question, None))
    if isinstance(outcome, SyncFailure):
        answer = _authorization(gm, question, b"", encode_auts(outcome.auts))
        return Invalid(Step.OUT_OF_SYNC, Refusal.SQN_OUT_OF_RANGE, "", answer)
    password = aka_password(question.algorithm, outcome.res, outcome.ik, outcome.ck)
    return Valid(_authorization(gm, question, password), outcome.ck, outcome.ik, choice, server)


def _question(response: Response, digests: tuple[str, ...]) -> _Question:
    """The strongest challenge of the response that can be answered (AKA-42). Raises WireError for none."""
    found: dict[str, Challenge] = {}
    for value in response.get_all("WWW-Authenticate"):
        challenge = Challenge.parse(value)
        if challenge.scheme.lower() == "digest":
            found.setdefault(challenge.get("algorithm") or "", challenge)
    algorithm = strongest(found, digests)
    if algorithm is None:
        raise WireError("no challenge with an algorithm of ours", 0, "RFC 3310 §3.1")
    challenge = found[algorithm]
    realm, nonce, qop = challenge.get("realm"), challenge.get("nonce"), challenge.get("qop")
    if realm is None or nonce is None:
        raise WireError("a challenge without realm or nonce", 0, "RFC 2617 §3.2.1")
    if qop and "auth" not in [option.strip().lower() for option in split_list(qop)]:
        raise WireError("no qop that we can do", 0, "RFC 2617 §3.2.1")
    return _Question(realm, nonce, algorithm, "auth" if qop else "", challenge.get("opaque"))


def _agreement(response: Response, attempt: Round, gm: Gm) -> tuple[Choice, ServerList] | Invalid:
    """What the P-CSCF's list and our offer come to (AGR-22, AGR-40, AGR-41, AKA-25)."""
    try:
        server = ServerList.parse(response.get_all("Security-Server"))
    except WireError as error:
        return Invalid(Step.NO_AGREEMENT, Refusal.SECURITY_SERVER_MISSING, error.what)
    choice = choose_at_ue(server, gm.config.offered)
    if isinstance(choice, Refusal):
        step = Step.NO_AGREEMENT if choice is Refusal.SECURITY_SERVER_MISSING else Step.UNACCEPTABLE
        return Invalid(step, choice, lists_differ(attempt.offer, server) if server.lines else "")
    current = gm.sets.in_use
    fault = server_terms_fault(
        choice.terms,
        own_spis=gm.shared.spis | {attempt.terms.spi_c, attempt.terms.spi_s},
        current_ps=current.sa_set.ports.ps if current and attempt.protected else None,
        live_pc=(current.sa_set.ports.pc,) if current else (),
        rules=gm.rules.terms,
    )
    if fault:
        return Invalid(Step.UNACCEPTABLE, Refusal.SECURITY_SERVER_UNACCEPTABLE, fault)
    return choice, server


def initial_authorization(gm: Gm) -> str:
    """Authorization of a first REGISTER: who asks, and nothing proven (AKA-07)."""
    profile = gm.profile
    fields = {
        "username": profile.impi,
        "realm": profile.domain,
        "uri": profile.registrar,
        "nonce": "",
        "response": "",
    }
    return str(Credentials.make(fields))


def _authorization(gm: Gm, question: _Question, password: bytes | None, auts: str = "") -> str:
    """Authorization of an answer (AKA-05, AKA-06; AKA-20 without a password, AKA-21 with `auts`)."""
    profile = gm.profile
    quoted = {
        "username": profile.impi,
        "realm": question.realm,
        "nonce": question.nonce,
        "uri": profile.registrar,
        "response": "",
    }
    plain = {"algorithm": question.algorithm}
    if password is not None:
        nc, cnonce = "00000001", token(gm.entropy)
        quoted["response"] = digest_response(
            question.algorithm,
            profile.impi,
            question.realm,
            password,
            "REGISTER",
            profile.registrar,
            question.nonce,
            question.qop,
            nc,
            cnonce,
        )
        if question.qop:
            quoted["cnonce"] = cnonce
            plain |= {"qop": question.qop, "nc": nc}
    if question.opaque is not None:
        quoted["opaque"] = question.opaque
    if auts:
        quoted["auts"] = auts
    return str(Credentials.make(quoted, plain))
