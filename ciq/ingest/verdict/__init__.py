"""What the contract says of typed rows, and what is told of those that break it."""
