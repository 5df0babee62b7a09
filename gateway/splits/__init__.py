"""REST for split jobs, in the words of the first documented API."""
