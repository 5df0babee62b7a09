"""Changes are heard."""
