"""What is done: batch scoring, drivers and stories, grid, playbook, report, command line."""
