"""`tfpg slides`: the lecture's slides beside the code, as a page and as pictures."""
