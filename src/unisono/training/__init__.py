"""One loop that trains every method, its checkpoints, and the sealed model that comes out."""
