"""What runs beside somebody's code. It knows no answer, and is copied whole into the sandbox."""
