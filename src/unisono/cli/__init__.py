"""The command line: a thin layer that parses, calls one function of the library, and prints."""
