"""What the HSS tells the S-CSCF of a user, from what it keeps of them (29.228 §6.1.2, Annex B)."""

from collections.abc import Mapping, Sequence

from twopair.base import Impu
from twopair.core.aka import Subscriber
from twopair.core.service import (
    CaseIs,
    FilterCriterion,
    Part,
    PublicIdentity,
    ServiceProfile,
    SessionCase,
    Subscription,
)
from twopair.core.service.subscription import covers, is_wildcarded
from twopair.nodes.cx import Profile
from twopair.nodes.homenet.identities import identity_key

Services = Mapping[str, tuple[FilterCriterion, ...]]
"""The criteria of each service that subscribers may have, by its name."""


class UnknownService(Exception):
    """A subscriber has a service that this home network does not have."""


def subscription_of(subscriber: Subscriber, services: Services) -> Subscription:
    """The subscription of one private identity, as User-Data tells it: the default identity first.

    Raises:
        UnknownService: it has one that is not among `services`.
    """
    missing = [name for name in subscriber.services if name not in services]
    if missing:
        raise UnknownService(missing[0])
    barred = frozenset(map(identity_key, subscriber.barred))
    usable_first = sorted(subscriber.impus, key=lambda impu: identity_key(impu) in barred)
    identities = tuple(PublicIdentity(impu, identity_key(impu) in barred) for impu in usable_first)
    criteria = tuple(criterion for name in subscriber.services for criterion in services[name])
    return Subscription(subscriber.impi, (ServiceProfile(identities, criteria),))


def profile_of(subscription: Subscription) -> Profile:
    """The same as the S-CSCF keeps it, the identities that a user may use before those barred."""
    in_order = sorted(subscription.identities, key=lambda one: one.barred)
    barred = frozenset(identity_key(one.impu) for one in in_order if one.barred)
    return Profile(tuple(one.impu for one in in_order), barred, subscription.profiles)


def is_meant(impu: Impu, asked: Impu) -> bool:
    """Whether an identity of a set is the one that is asked for, or stands for it."""
    key, other = identity_key(impu), identity_key(asked)
    return key == other or (is_wildcarded(key) and covers(key, other))


def for_unregistered(criterion: FilterCriterion) -> bool:
    """Whether a criterion is for users who are not registered: it says so."""
    points = () if criterion.trigger is None else criterion.trigger.points
    says = any(
        point.test == CaseIs(SessionCase.TERMINATING_UNREGISTERED) and not point.negated for point in points
    )
    return says or criterion.part is Part.UNREGISTERED


def criteria_for(profile: Profile, impu: Impu) -> Sequence[FilterCriterion]:
    """The criteria that hold for an identity of a set, in the order in which they are looked at.

    Args:
        profile: the set.
        impu: the key of the identity; of one that a wildcard stands for, its own.
    """
    for part in profile.services:
        if any(identity_key(one.impu) == impu for one in part.identities):
            return part.in_order
    for part in profile.services:
        if any(is_meant(one.impu, impu) for one in part.identities):
            return part.in_order
    return ()
