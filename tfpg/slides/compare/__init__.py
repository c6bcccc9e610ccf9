"""`tfpg compare`: somebody's function beside the slide."""
