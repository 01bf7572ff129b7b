"""A folder that behaves as cold storage, and the robot that fetches its tapes."""
