"""One modality to latents and back, a file each."""
