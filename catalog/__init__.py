"""What we know: model, queries, full text, job ledger, change feed, audit."""
