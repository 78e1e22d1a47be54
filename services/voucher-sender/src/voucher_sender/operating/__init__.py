"""The operator's commands: what waits for a person, one batch's story, and a person's decision."""
