"""What storage, moves and reads cost, and what may be spent."""
