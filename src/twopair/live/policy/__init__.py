"""Policy control outside: Rx by Diameter, N5 by HTTP/2; one contract, `PolicyControl`."""
