"""Jobs that transcribe a recording."""
