"""Roll out: trajectories of a policy in an environment. NumPy only."""
