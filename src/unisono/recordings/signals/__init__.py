"""Tools on the signals of a recording: each takes a stream or a recording and returns a new one.

Every tool reads and keeps the ``valid`` mask, never invents what was not measured, and writes what
it did into the stream's ``history``.
"""
