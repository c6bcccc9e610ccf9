"""What the commands do; tfpg.cli parses and teaches."""
