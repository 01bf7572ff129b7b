"""The HTTP API under /v1: search, playback, restores."""
