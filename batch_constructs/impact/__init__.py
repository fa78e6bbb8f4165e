"""What a deployment would do to the resources of a template, told from the template before it."""
