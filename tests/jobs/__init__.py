"""Split jobs: rules, records, events."""
