"""Long runs under faults; `scripts/soak` starts them."""
