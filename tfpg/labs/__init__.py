"""One file per claim of the lecture: each makes it run, and says what was found."""
