"""Where recordings are cut."""
