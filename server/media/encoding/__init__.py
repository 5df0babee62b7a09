"""Makes segments by encoding a recording's exact samples."""
