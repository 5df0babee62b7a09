"""How to transcribe, as both documented APIs say it."""
