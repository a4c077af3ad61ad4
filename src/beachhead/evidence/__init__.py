"""What real firms did, and replays as of a date against what then happened."""
