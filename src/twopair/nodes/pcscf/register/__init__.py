"""REGISTER through the P-CSCF: attempts, challenge, confirmation (33.203 §7.2, §7.3; 24.229 §5.2.2)."""
