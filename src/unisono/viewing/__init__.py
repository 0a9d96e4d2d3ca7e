"""Viewing: what a person looks at. Draws the numbers of evaluation and computes none."""
