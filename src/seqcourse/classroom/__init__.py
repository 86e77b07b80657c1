"""For instructors: make assignments of the course's exercises, and mark what comes back."""
