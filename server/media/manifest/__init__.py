"""What a finished job says about its segments, and how that is proven anew."""
