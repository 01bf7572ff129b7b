"""The backfill: walks storage and turns masters into facts."""
