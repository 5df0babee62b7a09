"""Where records live: the tables, how to open and upgrade them, and what every record needs."""
