"""IPsec back end that has Linux XFRM do the work, spoken to in raw netlink (product: kernel)."""
