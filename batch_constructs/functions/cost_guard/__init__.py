"""Watch a budget of vCPU-hours; hold new work back while it is spent, and let go after."""
