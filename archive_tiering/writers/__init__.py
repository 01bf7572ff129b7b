"""Writing masters into places, for moves only."""
