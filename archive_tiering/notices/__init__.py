"""Notices on their way out: who gets which, by which channel."""
