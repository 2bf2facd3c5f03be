"""Whole days of a network from one seed: weather, an attacker, users, laws, and a verdict."""

from twopair.swarm.day import Day, run
from twopair.swarm.verdict import Verdict

__all__ = ["Day", "Verdict", "run"]
