"""Where a recording pauses, and which pause is best for a cut."""
