"""Backbones only: attention, transformer, embeddings, conditioning. No loss, no files."""
