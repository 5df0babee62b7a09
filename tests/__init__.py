"""The test suite: one folder a room, and what spans rooms beside them."""
