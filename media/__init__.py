"""Files in, facts out: probe, proxy, shots, keyframes, captions. No network, no database."""
