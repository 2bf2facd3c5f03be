"""TS 33.203 v5.5.0 as the paper describes it: one SA pair, one UE port; beside it two pairs (paper §2)."""

from twopair.demo.single_pair.scenario import SCENARIO

__all__ = ["SCENARIO"]
