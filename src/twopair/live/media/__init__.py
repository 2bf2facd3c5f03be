"""Media relays that run outside: rtpengine, by its ng protocol."""
