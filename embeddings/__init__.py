"""Content to vectors, and where vectors live. Takes arrays and local paths."""
