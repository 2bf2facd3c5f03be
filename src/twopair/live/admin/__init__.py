"""The admin socket of a running P-CSCF: one question in a line of JSON, one answer in a line of JSON."""

from twopair.live.admin.answering import answering
from twopair.live.admin.client import ask

__all__ = ["answering", "ask"]
