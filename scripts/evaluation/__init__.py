"""Measures search on judged queries: what was asked, what is right, how well it was answered."""
