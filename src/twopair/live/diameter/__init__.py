"""Diameter: messages, peers and applications (RFC 6733); the AVP types are python-diameter's."""
