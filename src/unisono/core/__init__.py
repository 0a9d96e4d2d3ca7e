"""Types, contracts, errors, checks, units and randomness that every other room may import."""
