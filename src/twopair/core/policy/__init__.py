"""From offer and answer to what a call asks of the bearer (29.213 §6.2; 29.214 §4.4)."""

from twopair.core.policy.component import FlowStatus, FlowUsage, MediaComponent, MediaFlow, MediaType
from twopair.core.policy.derive import media_components, signalling_component

__all__ = [
    "FlowStatus",
    "FlowUsage",
    "MediaComponent",
    "MediaFlow",
    "MediaType",
    "media_components",
    "signalling_component",
]
