"""Studio: jobs that outlive the server, done by worker processes through the front door alone."""
