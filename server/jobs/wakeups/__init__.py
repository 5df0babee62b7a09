"""How those who wait hear that something changed, in whatever process. It may get lost; rows do not."""
