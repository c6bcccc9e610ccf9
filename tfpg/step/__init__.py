"""Take the step: the slides' pseudo-loss, its gradient and what may stand between the two."""
