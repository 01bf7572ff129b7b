"""Model weights to packs: the only part that needs torch, run as a process of its own."""
