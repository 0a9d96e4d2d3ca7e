"""Recordings: what they are (schema), how files become them (formats), and how they are cut."""
