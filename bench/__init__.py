"""`python -m bench`: how fast the site is, beside what others take for the same on the same data in the same run."""
