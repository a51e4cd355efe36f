"""What an instructor needs for a workshop: agenda, slides, the live board, the offline kit.

Everything here is computed from the lessons' built notebooks, so that it says what they say. The
layer above `grading` and below `commands`.
"""
