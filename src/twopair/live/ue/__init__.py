"""One UE as a program: the Python API `Ue`, and the shell that is made of it."""

from twopair.live.ue.ue import Happening, NotDeregistered, NotRegistered, Ue, Unsuccessful

__all__ = ["Happening", "NotDeregistered", "NotRegistered", "Ue", "Unsuccessful"]
