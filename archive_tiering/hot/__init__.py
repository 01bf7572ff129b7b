"""Copies of masters that are kept awake, beside masters that may sleep."""
