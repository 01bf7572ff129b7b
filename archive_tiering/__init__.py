"""Where bytes live, and how they come back."""
