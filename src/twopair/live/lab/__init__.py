"""A whole network on this machine: hosts in namespaces, links that can be tapped, nodes that run."""

from twopair.live.lab.host import Host
from twopair.live.lab.lab import Lab
from twopair.live.lab.link import Link, Tap
from twopair.live.lab.namespace import Namespace, gain_rights
from twopair.live.lab.plan import LabPlan, Network, UePlan, usual

__all__ = ["Host", "Lab", "LabPlan", "Link", "Namespace", "Network", "Tap", "UePlan", "gain_rights", "usual"]
