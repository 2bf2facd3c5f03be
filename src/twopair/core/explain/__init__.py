"""Why a UE is not registered: from a diary and counters to a cause with its evidence."""

from twopair.core.explain.case import Case
from twopair.core.explain.causes import CAUSES, Cause
from twopair.core.explain.diary import Diaries, Diary
from twopair.core.explain.explanation import Explanation, explain
from twopair.core.explain.happenings import (
    By,
    Came,
    Confirmed,
    Counts,
    Dismissed,
    Entry,
    Failed,
    Happening,
    Left,
    Staged,
    Standing,
)

__all__ = [
    "CAUSES",
    "By",
    "Came",
    "Case",
    "Cause",
    "Confirmed",
    "Counts",
    "Diaries",
    "Diary",
    "Dismissed",
    "Entry",
    "Explanation",
    "Failed",
    "Happening",
    "Left",
    "Staged",
    "Standing",
    "explain",
]
