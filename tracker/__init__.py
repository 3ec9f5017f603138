"""Influence tracker: who uses a platform that is banned where they are, how often, and who has fallen silent."""

__version__ = "0.1.0"
