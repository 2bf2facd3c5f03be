"""Service profiles and their initial filter criteria (29.228 Annexes B, C, E; 24.229 §5.4.3)."""

from twopair.core.service.criteria import (
    ApplicationServer,
    DefaultHandling,
    FilterCriterion,
    Part,
    Point,
    Trigger,
)
from twopair.core.service.points import (
    AnyOf,
    CaseIs,
    HeaderLike,
    MethodIs,
    Occasion,
    Registration,
    SessionCase,
    SessionLineLike,
    UriLike,
)
from twopair.core.service.subscription import PublicIdentity, ServiceProfile, Subscription
from twopair.core.service.user_data import from_user_data, to_user_data

__all__ = [
    "AnyOf",
    "ApplicationServer",
    "CaseIs",
    "DefaultHandling",
    "FilterCriterion",
    "HeaderLike",
    "MethodIs",
    "Occasion",
    "Part",
    "Point",
    "PublicIdentity",
    "Registration",
    "ServiceProfile",
    "SessionCase",
    "SessionLineLike",
    "Subscription",
    "Trigger",
    "UriLike",
    "from_user_data",
    "to_user_data",
]
