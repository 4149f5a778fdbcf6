"""What people hand in: files, pictures, text."""
