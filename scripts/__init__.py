"""Entry points: the rekindle command line, demo, benchmarks."""
