"""IMS access security (3GPP TS 33.203, mechanism ipsec-3gpp) as software.

The design in one sentence: protocol cores turn events into actions, a table says which; a driver
performs the actions in the real world, a simulator performs them in a false one.
"""

import os

from twopair.wheel import prefer_sources

if os.environ.get("TWOPAIR_PURE", "0") not in {"", "0"}:
    prefer_sources()

__version__ = "0.1.0"
