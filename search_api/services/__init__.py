"""What the routes do, free of HTTP."""
