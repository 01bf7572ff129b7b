"""Moves of masters between places: planned, agreed, carried out step by step."""
