"""What people look at: tables in the terminal, and an HTML page that opens offline."""
