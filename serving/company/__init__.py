"""What a company declares: settings, playbook, metrics of its own."""
