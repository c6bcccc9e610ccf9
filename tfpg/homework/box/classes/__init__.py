"""What runs beside somebody's classes, in their own Python: NumPy, and Python from 3.9 on."""
