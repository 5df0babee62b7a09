"""How what was recorded reaches the engine: at once, when its turn comes, and again if it got lost."""
