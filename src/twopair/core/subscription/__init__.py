"""Subscriptions to events, at either end (RFC 6665)."""

from twopair.core.subscription.notifier import Notifying
from twopair.core.subscription.subscriber import Phase, Subscription
from twopair.core.subscription.subscription_state import SubscriptionState

__all__ = ["Notifying", "Phase", "Subscription", "SubscriptionState"]
