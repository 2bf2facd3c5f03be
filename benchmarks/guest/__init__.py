"""Our P-CSCF beside Kamailio as P-CSCF, both with ESP in the kernel of a guest."""
