"""One file a source. A collector asks, parses and returns; it never writes, sleeps for a quota or swallows."""
