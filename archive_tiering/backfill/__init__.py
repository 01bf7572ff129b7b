"""Cold masters brought in once to be indexed: forecast and waves."""
