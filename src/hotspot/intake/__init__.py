"""Files in, incidents out, every row accounted for."""
