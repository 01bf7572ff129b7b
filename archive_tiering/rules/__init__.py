"""Lifecycle rules: read, matched, and what keeps a master where it is."""
