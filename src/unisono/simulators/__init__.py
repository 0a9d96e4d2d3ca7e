"""Truth by simulation: systems whose signals are known exactly, as recordings."""
