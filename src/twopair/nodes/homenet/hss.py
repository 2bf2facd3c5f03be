"""HSS and AuC: Cx requests in, answers out (TS 29.228 §6; AKA-16, AKA-17)."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Final, TypeVar

from twopair.base import Entropy, Impi, Impu
from twopair.core.aka import AuthVector, SqnHome, Subscriber, generate_vector
from twopair.core.aka.vector import RAND_OCTETS
from twopair.nodes.cx import (
    Assignment,
    Lia,
    Lir,
    Maa,
    Mar,
    Question,
    Reply,
    Result,
    Saa,
    Sar,
    Uaa,
    Uar,
)
from twopair.nodes.homenet.profiles import (
    Services,
    UnknownService,
    for_unregistered,
    is_meant,
    profile_of,
    subscription_of,
)
from twopair.nodes.homenet.rules import RULES, Rules
from twopair.nodes.homenet.store import StoreFailed, SubscriberStore

_BEGINS: Final = frozenset({Assignment.REGISTRATION, Assignment.RE_REGISTRATION})
_ENDS: Final = frozenset(
    {
        Assignment.TIMEOUT_DEREGISTRATION,
        Assignment.USER_DEREGISTRATION,
        Assignment.TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME,
        Assignment.USER_DEREGISTRATION_STORE_SERVER_NAME,
        Assignment.ADMINISTRATIVE_DEREGISTRATION,
        Assignment.DEREGISTRATION_TOO_MUCH_DATA,
    }
)
"""No name of a S-CSCF is kept without a registration."""

NO_SERVICES: Final[Services] = {}
_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


def _or_else(
    unable: _Answer,
) -> Callable[[Callable[["Hss", _Asked], _Answer]], Callable[["Hss", _Asked], _Answer]]:
    """What is answered where the store fails: a database error is UNABLE_TO_COMPLY (29.228 §6.1.1.1)."""

    def around(method: Callable[["Hss", _Asked], _Answer]) -> Callable[["Hss", _Asked], _Answer]:
        @wraps(method)
        def answer(hss: "Hss", asked: _Asked) -> _Answer:
            try:
                return method(hss, asked)
            except StoreFailed:
                return unable

        return answer

    return around


class Hss:
    """Answers what I-CSCF and S-CSCF ask; knows who is served by which S-CSCF.

    Args:
        store: subscribers and their sequence numbers.
        entropy: where RAND comes from.
        rules: how AUTS is judged.
        services: those that subscribers may have.
    """

    def __init__(
        self,
        store: SubscriberStore,
        entropy: Entropy,
        rules: Rules = RULES,
        services: Services = NO_SERVICES,
    ) -> None:
        self._rules = rules
        self._services = services
        self._store = store
        self._entropy = entropy
        self._servers: dict[Impi, str] = {}
        self._challenging: dict[Impi, str] = {}
        self._answers: dict[type, Callable[[Any], Reply]] = {
            Uar: self.user_authorization,
            Mar: self.multimedia_auth,
            Sar: self.server_assignment,
            Lir: self.location_info,
        }

    def answer(self, question: Question) -> Reply:
        """The answer to any of the questions."""
        return self._answers[type(question)](question)

    @_or_else(Uaa(Result.UNABLE_TO_COMPLY))
    def user_authorization(self, uar: Uar) -> Uaa:
        """UAR: the IMPU must be one of the IMPI's (29.228 §6.1.1)."""
        result, _ = self._subscriber(uar)
        pending = self._challenging.get(uar.impi, "")
        return Uaa(result, self._servers.get(uar.impi, pending))

    @_or_else(Maa(Result.UNABLE_TO_COMPLY))
    def multimedia_auth(self, mar: Mar) -> Maa:
        """MAR: one fresh vector (29.228 §6.3).

        AUTS that does not verify gives no vector and moves nothing (AKA-17). No vector leaves whose SQN is
        not kept: it would be given out a second time.
        """
        result, subscriber = self._subscriber(mar)
        if subscriber is None:
            return Maa(result)
        functions = subscriber.keys.functions()
        sqn = SqnHome.restore(self._store.sqn(mar.impi), subscriber.sqn_profile)
        genuine = None
        if mar.resync is not None:
            genuine = self._rules.resynchronise(functions, sqn, mar.resync.rand, mar.resync.auts)
            if not genuine:
                return Maa(Result.UNABLE_TO_COMPLY, resync_ok=False)
        number = sqn.take()
        if number is None:
            return Maa(Result.UNABLE_TO_COMPLY, resync_ok=genuine)
        self._store.save_sqn(mar.impi, sqn.snapshot())
        self._challenging[mar.impi] = mar.server_name  # who may answer the challenge (29.228 §6.3.1)
        rand = self._entropy.octets(RAND_OCTETS)
        vector: AuthVector = generate_vector(functions, number, subscriber.amf, rand)
        return Maa(Result.SUCCESS, vector, genuine)

    @_or_else(Saa(Result.UNABLE_TO_COMPLY))
    def server_assignment(self, sar: Sar) -> Saa:
        """SAR: note who serves the user, and give the profile (29.228 §6.1.2).

        A user with a service that is not known here is not served without it. One who is not registered is
        known by the public identity alone, and the S-CSCF is not noted.
        """
        if not sar.impi:
            sar = self.completed(sar)
        result, subscriber = self._subscriber(sar)
        if subscriber is None:
            return Saa(result)
        try:
            profile = profile_of(subscription_of(subscriber, self._services))
        except UnknownService:
            return Saa(Result.UNABLE_TO_COMPLY)
        self._challenging.pop(sar.impi, None)
        if sar.assignment in _BEGINS:
            self._servers[sar.impi] = sar.server_name
        elif sar.assignment in _ENDS:
            self._servers.pop(sar.impi, None)
        return Saa(Result.SUCCESS, profile)

    @_or_else(Lia(Result.UNABLE_TO_COMPLY))
    def location_info(self, lir: Lir) -> Lia:
        """LIR: who serves the owner of this identity (29.228 §6.1.4)."""
        impis = self._store.owners(lir.impu)
        if not impis:
            return Lia(Result.USER_UNKNOWN)
        served = next((impi for impi in impis if impi in self._servers), None)
        if served is None:
            there = any(self._serves_unregistered(impi) for impi in impis)
            return Lia(Result.UNREGISTERED_SERVICE if there else Result.IDENTITY_NOT_REGISTERED)
        return Lia(Result.SUCCESS, self._servers[served], served)

    def _serves_unregistered(self, impi: Impi) -> bool:
        """Whether a user has a service while they are not registered."""
        subscriber = self._store.get(impi)
        names = () if subscriber is None else subscriber.services
        return any(for_unregistered(one) for name in names for one in self._services.get(name, ()))

    def server_of(self, impi: Impi) -> str:
        """Name of the S-CSCF that serves a user, empty for none."""
        return self._servers.get(impi, "")

    def users(self, who: str) -> tuple[Impi, ...]:
        """The users of that IMPI or IMPU, none where the store fails."""
        try:
            return tuple(self._store.owners(Impu(who))) or (Impi(who),)
        except StoreFailed:
            return ()

    @_or_else(Sar(Impi(""), Impu(""), "", Assignment.NO_ASSIGNMENT))
    def completed(self, sar: Sar) -> Sar:
        """The same with both identities, where it has one of them alone (29.228 §6.1.2)."""
        if not sar.impi:
            return replace(sar, impi=next(iter(self._store.owners(sar.impu)), Impi("")))
        subscriber = self._store.get(sar.impi)
        return sar if sar.impu or subscriber is None else replace(sar, impu=subscriber.impus[0])

    def _subscriber(self, asked: Uar | Mar | Sar) -> tuple[Result, Subscriber | None]:
        """The subscriber, if both identities belong to one."""
        subscriber = self._store.get(asked.impi)
        if subscriber is None:
            return Result.USER_UNKNOWN, None
        if not any(is_meant(impu, asked.impu) for impu in subscriber.impus):
            return Result.IDENTITIES_DONT_MATCH, None
        return Result.SUCCESS, subscriber
