"""What can happen to a UE that its user is told of."""

from twopair.nodes.facts import (
    Awaiting,
    CallChanged,
    Deregistered,
    MessageReceived,
    Notified,
    Refused,
    Registered,
    RegistrationFailed,
    Unreached,
)

Happening = (
    MessageReceived
    | CallChanged
    | Registered
    | RegistrationFailed
    | Deregistered
    | Notified
    | Refused
    | Awaiting
    | Unreached
)
"""What is told in `Ue.events`."""
