"""One file a format, each with a function from a source and options to a `Dataset`."""
