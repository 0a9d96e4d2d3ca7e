"""Unisono: generate any signal of a moving system from any other, with honest bands."""
