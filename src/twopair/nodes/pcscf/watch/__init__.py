"""What others than UEs tell a P-CSCF of its registrations (24.229 §5.2.3, §5.2.5.2)."""
