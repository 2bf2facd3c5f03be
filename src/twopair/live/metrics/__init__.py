"""Numbers of a P-CSCF for Prometheus: a table of metrics, and what they are read from."""
