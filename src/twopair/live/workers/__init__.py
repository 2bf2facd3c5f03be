"""Several processes of one P-CSCF: each has the UEs of some addresses (ADR 28)."""
