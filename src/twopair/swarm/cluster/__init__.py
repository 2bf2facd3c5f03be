"""Several P-CSCFs behind one address, on machines that die and come back (ADR 20)."""

from twopair.swarm.cluster.day import FEWEST, ClusterDay, run

__all__ = ["FEWEST", "ClusterDay", "run"]
