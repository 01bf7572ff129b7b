"""The demo: a small archive made on the spot, and the main job done on it."""
