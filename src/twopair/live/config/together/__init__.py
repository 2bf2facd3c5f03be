"""What no value breaks by itself: duplicates, values that do not go together, addresses of nobody."""

from twopair.live.config.together.home import HOME
from twopair.live.config.together.pcscf import PCSCF
from twopair.live.config.together.rule import Broken, Place, Rule, check
from twopair.live.config.together.ue import UE

__all__ = ["HOME", "PCSCF", "UE", "Broken", "Place", "Rule", "check"]
