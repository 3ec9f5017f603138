"""How fast the tracker is, as ratios to other ways of doing the same work, measured side by side in one run."""
