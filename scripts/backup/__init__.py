"""Backups of a home: how they are made, what they look like, and the way back."""
