"""How a latent travels between target and source, and how to walk it: processes and solvers."""
