"""What came out, for people: the printed answer, the report, the run folder.

Each file stands for itself and is imported by name, since the report alone needs the libraries
that draw.
"""
