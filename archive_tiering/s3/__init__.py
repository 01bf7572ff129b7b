"""S3 and its look-alikes: objects, listings, inventory reports, events, errors."""
