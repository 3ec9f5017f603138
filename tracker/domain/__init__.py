"""What the words of the project mean: records, intervals, restrictions, errors. Standard library only, no I/O."""
