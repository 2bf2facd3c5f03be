"""The P-CSCF program under load from another process, with Kamailio as plain stateful relay beside it."""
