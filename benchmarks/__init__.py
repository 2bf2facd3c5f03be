"""What things cost, and beside what; `make bench` runs all of them."""
