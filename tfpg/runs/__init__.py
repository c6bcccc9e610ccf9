"""A run and its folder: settings, progress, checkpoints, curves and videos."""
