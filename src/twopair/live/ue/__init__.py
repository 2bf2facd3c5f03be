"""One UE as a program: the Python API `Ue`, and the shell that is made of it."""

from twopair.live.ue.happening import Happening
from twopair.live.ue.ue import Ue
from twopair.live.ue.unsuccessful import NotDeregistered, NotRegistered, Unsuccessful

__all__ = ["Happening", "NotDeregistered", "NotRegistered", "Ue", "Unsuccessful"]
