"""What a place with masters is asked: the port, folders, names of objects, digests of what is read."""
