"""Evaluation: how wrong, how sure, how plausible, how honest. Arrays in, named numbers out."""
