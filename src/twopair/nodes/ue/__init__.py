"""The UE (24.229 §5.1)."""

from twopair.nodes.ue.config import UeConfig
from twopair.nodes.ue.device import Device
from twopair.nodes.ue.ue import UserEquipment

__all__ = ["Device", "UeConfig", "UserEquipment"]
