"""What the benchmarks need in order to be written down."""
