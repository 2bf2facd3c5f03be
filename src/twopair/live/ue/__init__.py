"""One UE as a program: the Python API `Ue`, and the shell that is made of it."""

from twopair.live.ue.ue import Happening, Ue
from twopair.live.ue.unsuccessful import NotDeregistered, NotRegistered, Unsuccessful

__all__ = ["Happening", "NotDeregistered", "NotRegistered", "Ue", "Unsuccessful"]
