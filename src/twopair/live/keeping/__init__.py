"""Keeping what is to outlive a P-CSCF, and going on with it: key, codec, journal, writer (MGP-14; ADR 18)."""
