"""Ticks, visits and the daemon."""
