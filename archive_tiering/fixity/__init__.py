"""Whether bytes are still what they were: checked by shares of a day, reported, repaired."""
