"""HTTP for those who watch a P-CSCF: metrics, health, readiness, a page for people. No identity is shown."""
