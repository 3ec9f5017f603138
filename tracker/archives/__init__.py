"""Readers of export files, one file a format: what other tools and the platforms themselves hand out."""
