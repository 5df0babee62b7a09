"""Generated from protos/zerokerf/v1; never edited."""
