"""What IPsec in the kernel costs: sets in and out, look-up among many, packets beside our own engine."""
