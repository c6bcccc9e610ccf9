"""What can be asked: the exercises, what is right, and the mistakes that are known."""
