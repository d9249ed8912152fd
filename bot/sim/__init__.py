"""Platforms on this machine, for whoever wants to try a channel without an account of their own, and for the tests."""
