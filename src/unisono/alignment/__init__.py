"""Losses that make two latent spaces agree, the pairs they see, and monitors of collapse."""
