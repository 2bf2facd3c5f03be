"""What a CSCF refuses a request with when the HSS gives no success, by its result."""

from collections.abc import Mapping
from typing import Final

from twopair.base import Refusal
from twopair.nodes.cx import Result

TO_REGISTER: Final[Mapping[Result, Refusal]] = {
    Result.USER_UNKNOWN: Refusal.UNKNOWN_SUBSCRIBER,
    Result.IDENTITIES_DONT_MATCH: Refusal.UNKNOWN_SUBSCRIBER,
    Result.IDENTITY_NOT_REGISTERED: Refusal.UNKNOWN_SUBSCRIBER,
    Result.UNREGISTERED_SERVICE: Refusal.UNKNOWN_SUBSCRIBER,
    Result.ROAMING_NOT_ALLOWED: Refusal.UNKNOWN_SUBSCRIBER,
    Result.AUTH_SCHEME_NOT_SUPPORTED: Refusal.HSS_UNABLE,
    Result.UNABLE_TO_COMPLY: Refusal.HSS_UNABLE,
    Result.UNABLE_TO_DELIVER: Refusal.HSS_UNREACHABLE,
}
"""Answers to UAR and SAR (24.229 §5.3.1.2, §5.4.1.2.2)."""

NO_VECTOR: Final[Mapping[Result, Refusal]] = {**TO_REGISTER, Result.UNABLE_TO_COMPLY: Refusal.NO_VECTOR}
"""Answers to MAR (24.229 §5.4.1.2.1)."""

TO_LOCATE: Final[Mapping[Result, Refusal]] = {
    **TO_REGISTER,
    Result.USER_UNKNOWN: Refusal.NO_SUCH_USER,
    Result.IDENTITY_NOT_REGISTERED: Refusal.USER_AWAY,
    Result.UNREGISTERED_SERVICE: Refusal.USER_AWAY,
}
"""Answers to LIR (24.229 §5.3.2.1)."""
