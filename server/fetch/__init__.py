"""Downloads URLs that strangers gave us: checked addresses, hard limits, resumed transfers."""
