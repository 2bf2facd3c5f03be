"""A profile as User-Data carries it (29.228 §6.1.2, Annexes B, E)."""

from twopair.base import Impi
from twopair.core.service import Subscription, from_user_data, to_user_data
from twopair.nodes.cx import Profile
from twopair.nodes.homenet.profiles import profile_of


def written(impi: Impi, profile: Profile) -> bytes:
    """The XML of a profile."""
    return to_user_data(Subscription(impi, profile.services))


def read(document: bytes) -> Profile:
    """The profile in it. Raises WireError."""
    return profile_of(from_user_data(document))
