"""One file a source. A collector asks, parses and returns records; it never writes, sleeps for a quota or swallows."""
