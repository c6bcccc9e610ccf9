"""The policy-gradient experiments of the course's homework: run by name, and reported."""
