"""A matrix of calls through the P-CSCF: a UE of ours behind its SA sets, SIPp at the far end."""
