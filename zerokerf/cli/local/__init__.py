"""What works on this machine, without a service: cutting a recording, and proving what was cut."""
