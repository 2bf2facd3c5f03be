"""Several hosts, one P-CSCF: one of them serves, the others stand by (MGP-14; ADR 20)."""
