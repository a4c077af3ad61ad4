"""What happened beside what was planned."""
