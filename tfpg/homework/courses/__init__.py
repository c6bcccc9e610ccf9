"""Other people's homework, reached as it is: a table for each course and year.

All of it runs in Python from 3.9 on with NumPy alone, since lecturers hand it out as a single file.
"""
