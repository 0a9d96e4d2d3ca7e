"""File formats: one module a format, each from a file to a recording and, where named, back."""
