"""401 from the core: the keys are taken out, the temporary set is made, SM6 follows (33.203 §7.2; AKA-31)."""

from collections.abc import Sequence
from typing import Final

from twopair.base import Micros, Refusal, Secret, WireError
from twopair.core.registration.pcscf import Forwarded
from twopair.nodes.actions import Action
from twopair.nodes.pcscf.gm.answers import Answers
from twopair.nodes.pcscf.register.attempts import Attempts
from twopair.nodes.pcscf.register.exchange import Exchange
from twopair.nodes.pcscf.relay.headers import clean_for_ue, replace_all
from twopair.wire.sip import Challenge, Response

KEY_OCTETS: Final = 16
"""CK and IK of IMS AKA (AKA-30)."""


class Challenges:
    """Takes SM5."""

    __slots__ = ("_answers", "_attempts", "_secrets")

    def __init__(self, answers: Answers, attempts: Attempts, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets
        self._answers = answers
        self._attempts = attempts

    def take(self, exchange: Exchange, response: Response, now: Micros, out: list[Action]) -> None:
        """A 401 to SM2; its top Via is ours no more."""
        if not isinstance(exchange.attempt.state, Forwarded):
            self._fail(exchange, Refusal.CHALLENGE_ON_TEMPORARY, "", now, out)
            return
        try:
            challenges = [Challenge.parse(text) for text in response.get_all("WWW-Authenticate")]
            nonce, ck, ik = keys_of(challenges)
        except WireError as error:
            self._fail(exchange, Refusal.KEYS_MISSING, error.what, now, out)
            return
        stripped = [str(challenge.without(*self._secrets)) for challenge in challenges]
        replace_all(response, "WWW-Authenticate", stripped)
        clean_for_ue(response)
        self._attempts.begin(exchange, response, nonce, ck, ik, now, out)

    def _fail(
        self, exchange: Exchange, refusal: Refusal, detail: str, now: Micros, out: list[Action]
    ) -> None:
        """Nothing of such a 401 is relayed (ERR-23)."""
        self._attempts.reject(exchange, now, out)
        out.append(exchange.reading.failed(refusal.words, refusal.status, refusal))
        self._answers.refuse(exchange.txn, exchange.live, refusal, now, out, detail=detail)


def keys_of(challenges: Sequence[Challenge]) -> tuple[str, Secret, Secret]:
    """Nonce, CK and IK of the first challenge that has both keys.

    Raises:
        WireError: none has both, or they are not 32 hexadecimal digits.
    """
    for challenge in challenges:
        said = challenge.values.get
        nonce, ck, ik = said("nonce"), said("ck"), said("ik")
        if nonce and ck and ik:
            return nonce, _key(ck), _key(ik)
    raise WireError("no challenge with ck and ik", 0, "24.229 §5.4.1.2.1A, AKA-30")


def _key(digits: str) -> Secret:
    try:
        key = Secret.from_hex(digits)
    except ValueError:
        raise WireError("a key is not hexadecimal", 0, "24.229 §7.2A.1, AKA-30") from None
    if len(key) != KEY_OCTETS:
        raise WireError("a key has not 128 bits", 0, "24.229 §7.2A.1, AKA-30")
    return key
