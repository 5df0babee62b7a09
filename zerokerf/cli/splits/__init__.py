"""Jobs that cut a recording."""
