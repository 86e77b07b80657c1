"""What runs inside the sandbox: nothing here knows a solution or a mark."""
