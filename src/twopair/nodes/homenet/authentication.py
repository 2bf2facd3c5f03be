"""S-CSCF and AKA: sends challenges and judges their answers (24.229 §5.4.1.2.1A, §5.4.1.2.3A)."""

from twopair.base import Micros, Refusal
from twopair.core.aka import AuthVector, aka_password, digest_response, encode_nonce, same_response
from twopair.core.registration.flows import RegFlow
from twopair.nodes.cx import Assignment, Mar, Resync, Sar
from twopair.nodes.facts import Resynchronised
from twopair.nodes.homenet.challenges import AWAIT_AUTH, Challenges, OpenChallenge
from twopair.nodes.homenet.config import HomeConfig
from twopair.nodes.homenet.inquiry import Inquiry, assign, fetch_vector
from twopair.nodes.homenet.registration_request import Authorization, RegisterRequest
from twopair.nodes.homenet.unserved import NO_VECTOR
from twopair.nodes.homenet.verdict import Answer, Denied
from twopair.wire.sip import Challenge


class Authentication:
    """Challenges and answers of the users of one S-CSCF.

    Args:
        config: realm, digest algorithm and qop.
        challenges: where open ones are kept.
    """

    def __init__(self, config: HomeConfig, challenges: Challenges) -> None:
        self._config = config
        self._challenges = challenges

    def challenge(
        self,
        request: RegisterRequest,
        flow: RegFlow,
        now: Micros,
        *,
        initial: bool,
        resync: Resync | None = None,
    ) -> Inquiry[Answer | Denied]:
        """A fresh challenge; reg-await-auth starts (TMR-01).

        A forged AUTS gives none, and leaves the open one as it is (AKA-17).

        Args:
            request: the REGISTER.
            flow: the registration it asks for.
            now: the moment.
            initial: whether it makes a registration, and continues none.
            resync: AUTS, with the RAND it answers.
        """
        mar = Mar(request.impi, request.impu, self._config.scscf_name, resync)
        maa = yield from fetch_vector(mar)
        if maa.resync_ok is False:
            return Denied(Refusal.BAD_AUTS, request.impi)
        if maa.vector is None:
            return Denied(NO_VECTOR[maa.result], request.impi)
        nonce = encode_nonce(maa.vector.rand, maa.vector.autn)
        until = Micros(now + AWAIT_AUTH)
        open_ = OpenChallenge(maa.vector, nonce, request.call_id, until, flow, initial)
        self._challenges.add(request.impi, open_)
        facts = (Resynchronised(request.impi),) if maa.resync_ok else ()
        return Answer(401, (("WWW-Authenticate", self._header(maa.vector, nonce)),), facts)

    def resynchronise(
        self, request: RegisterRequest, open_: OpenChallenge, now: Micros
    ) -> Inquiry[Answer | Denied]:
        """Have the HSS follow the card's sequence number, with RAND of our own challenge (INT-07, AKA-17)."""
        assert request.authorization is not None
        resync = Resync(open_.vector.rand, request.authorization.auts)
        return (yield from self.challenge(request, open_.flow, now, initial=open_.initial, resync=resync))

    def succeeds(self, request: RegisterRequest, open_: OpenChallenge) -> Inquiry[bool]:
        """Whether the response proves RES; either way the challenge is used up, so nobody can guess twice."""
        assert request.authorization is not None
        self._challenges.close(request.impi, open_)
        expected = self._response(request.authorization, open_.vector)
        if same_response(expected, request.authorization.response):
            return True
        yield from assign(
            Sar(request.impi, request.impu, self._config.scscf_name, Assignment.AUTHENTICATION_FAILURE)
        )
        return False

    def _response(self, given: Authorization, vector: AuthVector) -> str:
        algorithm = self._config.algorithm
        password = aka_password(algorithm, vector.xres, vector.ik, vector.ck)
        return digest_response(
            algorithm, given.username, given.realm, password, "REGISTER", given.uri,
            given.nonce, given.qop, given.nc, given.cnonce,
        )  # fmt: skip

    def _header(self, vector: AuthVector, nonce: str) -> str:
        """WWW-Authenticate with ck and ik for the P-CSCF, which takes them out again (AKA-30, AKA-31)."""
        quoted = {"realm": self._config.domain, "nonce": nonce}
        if self._config.qop == "auth":
            quoted["qop"] = "auth"
        keys = {"ck": vector.ck.reveal().hex(), "ik": vector.ik.reveal().hex()}
        fields = Challenge.make(quoted, {"algorithm": self._config.algorithm})
        return str(Challenge("Digest", fields.parts + Challenge.make(keys).parts))
