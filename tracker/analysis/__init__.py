"""Figures from arrays and intervals. Pure: no SQL, no clock, no files."""
