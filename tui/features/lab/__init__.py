"""What a method does to the rows, before anything is trained."""
